import { utf8 } from '@reinraum/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measureFiles } from './measure-files.ts'

const files = [
  { path: 'src/main.ts', bytes: utf8('one') },
  { path: 'src/config.ts', bytes: utf8('two') },
]

describe('the measurement of files', () => {
  it('is 96 hex digits that do not depend on the order of the files', () => {
    expect(measureFiles(files)).toMatch(/^[0-9a-f]{96}$/)
    expect(measureFiles(files.toReversed())).toBe(measureFiles(files))
  })

  it('is fixed: a change of the scheme would refuse every contract that names a measurement', () => {
    expect(measureFiles(files)).toMatchInlineSnapshot(
      `"579383038ba26a7b691d366fc9fb7984b068d6eeefafe0c21ad3deef8c48966a8d23de11325036b858f2dd36ef43a060"`,
    )
  })

  it.each([
    ['content changed', [{ path: 'src/main.ts', bytes: utf8('onE') }, ...files.slice(1)]],
    ['a file renamed', [{ path: 'src/main.js', bytes: utf8('one') }, ...files.slice(1)]],
    ['a file added', [...files, { path: 'src/more.ts', bytes: utf8('') }]],
    ['a file removed', files.slice(1)],
    [
      'contents exchanged',
      [
        { path: 'src/main.ts', bytes: utf8('two') },
        { path: 'src/config.ts', bytes: utf8('one') },
      ],
    ],
  ])('changes with %s', (_, changed) => {
    expect(measureFiles(changed)).not.toBe(measureFiles(files))
  })

  it('is the same for two lists only if they are the same list', () => {
    const name = fc.stringMatching(/^[a-c]{1,3}(\/[a-c]{1,2})?$/)
    const list = fc.uniqueArray(fc.record({ path: name, bytes: fc.uint8Array({ maxLength: 3 }) }), {
      selector: (f) => f.path,
      maxLength: 4,
    })
    const plain = (l: { path: string; bytes: Uint8Array }[]) => JSON.stringify(l.map((f) => [f.path, ...f.bytes]).sort())
    fc.assert(fc.property(list, list, (a, b) => (measureFiles(a) === measureFiles(b)) === (plain(a) === plain(b))))
  })

  it.each(['', '/etc/passwd', 'a//b', './a', 'a/../b', 'a\\b', 'a/', '\ud800', 'a\0b'])('refuses the path %j', (path) => {
    expect(() => measureFiles([{ path, bytes: utf8('') }])).toThrowError(expect.objectContaining({ code: 'invalid-argument' }))
  })

  it('refuses a path that is there twice', () => {
    const twice = [...files, { path: 'src/main.ts', bytes: utf8('three') }]
    expect(() => measureFiles(twice)).toThrowError(expect.objectContaining({ code: 'invalid-argument' }))
  })
})
