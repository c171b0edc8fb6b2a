/** Parses the machine's own package sources, in both of apt's formats (sources.list(5)). */
export function parseSources(text, format) {
  return format === 'deb822' ? parseDeb822(text) : parseOneLine(text)
}

function parseDeb822(text) {
  const sources = []
  // A line with only a comment is not a blank line: it does not end a stanza.
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  for (const stanza of lines.join('\n').split(/\n[ \t]*\n/)) {
    const fields = new Map()
    let name
    for (const line of stanza.split('\n')) {
      const field = /^([A-Za-z0-9-]+):(.*)$/.exec(line)
      if (field) {
        name = field[1].toLowerCase()
        fields.set(name, field[2].trim())
      } else if (name !== undefined && /^[ \t]/.test(line)) {
        fields.set(name, `${fields.get(name)}\n${line}`)
      }
    }
    const words = (field) => (fields.get(field) ?? '').split(/\s+/).filter((word) => word !== '')
    if (!words('types').includes('deb') || /^(no|false|0|off)$/i.test(fields.get('enabled') ?? 'yes')) continue
    sources.push({
      uris: words('uris'),
      suites: words('suites'),
      components: words('components'),
      signedBy: fields.get('signed-by'),
    })
  }
  return sources
}

function parseOneLine(text) {
  const sources = []
  for (const line of text.split('\n')) {
    const entry = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    if (!entry) continue
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(entry[1] ?? '')?.[1]
    sources.push({
      uris: [entry[2]],
      suites: [entry[3]],
      components: entry[4].split(/\s+/).filter((word) => word !== ''),
      signedBy: signedBy?.replaceAll(',', ' '),
    })
  }
  return sources
}

// Releases that carry nats-server 2.10 or newer, oldest first.
const DEBIAN = ['trixie', 'forky', 'sid']
const UBUNTU = ['noble', 'questing', 'resolute']
const ALIASES = ['stable', 'oldstable', 'oldoldstable', 'testing', 'unstable']

/** The distribution and the releases to try in turn, from /etc/os-release; undefined where it is not Debian-like. */
export function releasesFor(osRelease) {
  const value = (key) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1]
  const family = [value('ID'), ...(value('ID_LIKE') ?? '').split(' ')]
  const ubuntu = family.includes('ubuntu')
  if (!ubuntu && !family.includes('debian')) return undefined
  const own = value(ubuntu ? 'UBUNTU_CODENAME' : 'DEBIAN_CODENAME') ?? value('VERSION_CODENAME')
  const known = ubuntu ? UBUNTU : DEBIAN
  const from = known.indexOf(own ?? '')
  return { own, candidates: from === -1 ? known : known.slice(from) }
}

/**
 * The machine's main archive, asked for another release: same servers, same keys. Nothing that would relax the
 * signature check (`trusted`, `allow-insecure`) is carried over.
 */
export function sourcesForRelease(sources, own, release, architecture) {
  const stanzas = []
  for (const source of sources) {
    const archive = source.suites.some((suite) => suite === own || suite === release || ALIASES.includes(suite))
    const uris = source.uris.filter((uri) => !uri.startsWith('cdrom:') && !uri.includes('security'))
    const components = source.components.filter((component) => component === 'main' || component === 'universe')
    if (!archive || uris.length === 0 || components.length === 0) continue
    stanzas.push(
      [
        'Types: deb',
        `URIs: ${uris.join(' ')}`,
        `Suites: ${release}`,
        `Components: ${components.join(' ')}`,
        `Architectures: ${architecture}`,
        'Targets: Packages',
        ...(source.signedBy === undefined ? [] : [`Signed-By: ${source.signedBy}`]),
      ].join('\n'),
    )
  }
  return [...new Set(stanzas)].join('\n\n')
}
