import { expect, test } from 'vitest'
import { parseSources, releasesFor, sourcesForRelease } from '../bootstrap/debian-sources.mjs'

const deb822 = `
Types: deb
# a comment is no end of a stanza
URIs: http://archive.example.org/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
Trusted: yes

Types: deb
URIs: http://archive.example.org/debian-security
Suites: bookworm-security
Components: main

Types: deb deb-src
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main
`

test('the main archive of a deb822 source is asked for another release, with the same keys', () => {
  const list = sourcesForRelease(parseSources(deb822, 'deb822'), 'bookworm', 'trixie', 'amd64')
  expect(list).toBe(
    [
      'Types: deb',
      'URIs: http://archive.example.org/debian',
      'Suites: trixie',
      'Components: main',
      'Architectures: amd64',
      'Targets: Packages',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    ].join('\n'),
  )
})

test('nothing that relaxes the signature check is carried over', () => {
  const oneLine =
    'deb [trusted=yes allow-insecure=yes signed-by=/k.gpg arch=amd64] https://mirror.example/debian bookworm main # ours'
  for (const list of [
    sourcesForRelease(parseSources(deb822, 'deb822'), 'bookworm', 'sid', 'amd64'),
    sourcesForRelease(parseSources(oneLine, 'one-line'), 'bookworm', 'sid', 'amd64'),
  ]) {
    expect(list).toMatch(/^Signed-By: /m)
    expect(list).not.toMatch(/trusted|insecure/i)
  }
})

test('one-line sources are read, with and without options', () => {
  const text = `
# deb http://commented.example/debian bookworm main
deb http://archive.example.org/debian bookworm main non-free-firmware
deb [ signed-by=/a.gpg,/b.gpg ] http://two.example/debian stable main
deb http://security.debian.org/debian-security bookworm-security main
deb cdrom:[Debian]/ bookworm main
deb-src http://archive.example.org/debian bookworm main
`
  const stanzas = sourcesForRelease(parseSources(text, 'one-line'), 'bookworm', 'trixie', 'arm64').split('\n\n')
  expect(stanzas.map((stanza) => /URIs: (.*)/.exec(stanza)?.[1])).toEqual([
    'http://archive.example.org/debian',
    'http://two.example/debian',
  ])
  expect(stanzas[0]).not.toContain('Signed-By')
  expect(stanzas[1]).toContain('Signed-By: /a.gpg /b.gpg')
})

test('a key that stands in the source itself stays with it', () => {
  const text =
    'Types: deb\nURIs: http://x.example/debian\nSuites: trixie\nComponents: main\nSigned-By:\n -----BEGIN PGP-----\n .\n abc\n'
  const list = sourcesForRelease(parseSources(text, 'deb822'), 'trixie', 'forky', 'amd64')
  expect(list).toContain('Signed-By: \n -----BEGIN PGP-----\n .\n abc')
})

test('other archives than the main one are left alone', () => {
  const text = `
deb https://deb.nodesource.com/node_20.x nodistro main
deb https://packages.example/apt cloud-sdk-bookworm main
deb https://download.docker.com/linux/debian bookworm stable
`
  expect(sourcesForRelease(parseSources(text, 'one-line'), 'bookworm', 'trixie', 'amd64')).toBe('')
})

test('the releases to try begin with the own one where that is new enough', () => {
  const debian = (codename: string) => releasesFor(`ID=debian\nVERSION_CODENAME=${codename}\n`)?.candidates
  expect(debian('bookworm')).toEqual(['trixie', 'forky', 'sid'])
  expect(debian('forky')).toEqual(['forky', 'sid'])
  const mint = releasesFor('ID=linuxmint\nID_LIKE="ubuntu debian"\nUBUNTU_CODENAME=jammy\nVERSION_CODENAME=virginia\n')
  expect(mint).toEqual({ own: 'jammy', candidates: ['noble', 'questing', 'resolute'] })
  expect(releasesFor('ID=fedora\n')).toBeUndefined()
  expect(releasesFor('')).toBeUndefined()
})
