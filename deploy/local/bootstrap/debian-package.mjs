import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSources, releasesFor, sourcesForRelease } from './debian-sources.mjs'
import { runLeashed } from './leash.mjs'

// As on a machine where nothing is installed yet. Nothing is installed now either.
const DOWNLOAD_ALL = [
  ...['install', '-q', '-y', '--download-only', '--no-install-recommends'],
  ...['-o', 'Dir::State::status=/dev/null', '-o', 'Debug::NoLocking=1'],
]

/**
 * Unpacks a program from the machine's own package archive, from a newer release than the machine's where that is needed.
 * Needs no root and changes nothing of the machine: apt works on private lists and a private cache inside `folder`.
 * Resolves with the unpacked root of the first release whose version is acceptable, or with what stood in the way.
 * With `ownRelease` no other release is asked than the machine's own. With `closure`, a list of further packages, everything
 * that the package depends on is unpacked too, down to the C library: what runs then needs nothing of the machine.
 */
export async function unpackDebianPackage({ name, acceptable, ownRelease = false, closure, folder, say, signal }) {
  const releases = releasesFor(await readFile('/etc/os-release', 'utf8').catch(() => ''))
  if (releases === undefined) return { problem: 'this is not a Debian-like system' }
  const dpkg = await runLeashed('dpkg', ['--print-architecture'], { signal })
  if (dpkg.code !== 0) return { problem: 'dpkg is not here' }
  const sources = await readMachineSources()
  const problems = []
  if (ownRelease && releases.own === undefined) return { problem: 'the release of this system has no name' }
  for (const release of ownRelease ? [releases.own] : releases.candidates) {
    if (signal?.aborted) break
    const list = sourcesForRelease(sources, releases.own, release, dpkg.stdout.trim())
    if (list === '') return { problem: 'no source of the main archive is configured' }
    const found = await tryRelease({ name, acceptable, closure, release, list, folder: join(folder, release), say, signal })
    if (found.root !== undefined) return found
    problems.push(`${release}: ${found.problem}`)
  }
  return { problem: problems.join('; ') }
}

async function tryRelease({ name, acceptable, closure, release, list, folder, say, signal }) {
  const options = ['-c', await writeAptConfig(folder, list)]
  const run = (command, args) =>
    runLeashed(command, [...options, ...args], { cwd: folder, signal, env: { ...process.env, LC_ALL: 'C' } })
  say(`Looking for ${name} in Debian-style release ${release}`)
  const update = await run('apt-get', ['update', '-q'])
  const madison = await run('apt-cache', ['madison', name])
  const versions = madison.stdout.split('\n').map((line) => line.split('|')[1]?.trim() ?? '')
  const version = versions.find((candidate) => acceptable(candidate))
  if (version === undefined) return { problem: lastError(update.stderr) ?? `no usable version of ${name}` }
  say(`Fetching ${name} ${version} from ${release}`)
  const wanted = `${name}=${version}`
  const command = closure === undefined ? ['download', '-q', wanted] : [...DOWNLOAD_ALL, wanted, ...closure]
  const download = await run('apt-get', command)
  const place = closure === undefined ? folder : join(folder, 'cache', 'archives')
  const archives = (await readdir(place)).filter((file) => file.endsWith('.deb')).sort()
  if (download.code !== 0 || archives.length === 0) return { problem: lastError(download.stderr) ?? 'the download failed' }
  for (const archive of archives) {
    const unpacked = await runLeashed('dpkg', ['-x', join(place, archive), join(folder, 'root')], { signal })
    if (unpacked.code !== 0) return { problem: lastError(unpacked.stderr) ?? 'the package could not be unpacked' }
  }
  return { root: join(folder, 'root'), version, release }
}

async function writeAptConfig(folder, list) {
  for (const path of ['sources', 'lists/partial', 'cache/archives/partial']) await mkdir(join(folder, path), { recursive: true })
  await writeFile(join(folder, 'sources', 'archive.sources'), `${list}\n`)
  const settings = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(folder, 'sources'),
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
    // The signature check stays on, whatever the machine's own configuration says.
    'Acquire::AllowInsecureRepositories': 'false',
    'Acquire::AllowWeakRepositories': 'false',
    'Acquire::AllowDowngradeToInsecureRepositories': 'false',
    'APT::Get::AllowUnauthenticated': 'false',
  }
  // The machine's hooks belong to its own updates; a preferred release of its own would hide the newer one.
  const cleared = [
    'APT::Update::Pre-Invoke',
    'APT::Update::Post-Invoke',
    'APT::Update::Post-Invoke-Success',
    'APT::Default-Release',
  ]
  const file = join(folder, 'apt.conf')
  const lines = [
    ...cleared.map((key) => `#clear ${key};`),
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}

async function readMachineSources() {
  const sources = []
  const read = async (file, format) => sources.push(...parseSources(await readFile(file, 'utf8').catch(() => ''), format))
  await read('/etc/apt/sources.list', 'one-line')
  for (const file of (await readdir('/etc/apt/sources.list.d').catch(() => [])).sort()) {
    if (file.endsWith('.sources')) await read(`/etc/apt/sources.list.d/${file}`, 'deb822')
    if (file.endsWith('.list')) await read(`/etc/apt/sources.list.d/${file}`, 'one-line')
  }
  return sources
}

function lastError(text) {
  return text
    .split('\n')
    .findLast((line) => line.startsWith('E: ') || line.startsWith('Err:'))
    ?.slice(0, 300)
}
