import { expect, test } from 'vitest'
import { hasLargePages } from './page-bytes.ts'

const mounts = `21 1 253:0 / / rw,relatime - ext4 /dev/vda rw
25 21 0:24 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw,size=65536k
31 21 0:31 / /mnt/large\\040pages rw,nosuid,nodev,noexec shared:7 - tmpfs none rw,size=65536k,mode=700,huge=within_size
32 31 0:32 / /mnt/large\\040pages/small rw - tmpfs none rw,huge=never
33 25 0:33 / /dev/shm rw - tmpfs none rw,huge=always
34 21 0:34 / /advised rw - tmpfs none rw,huge=advise
`

test.each([
  ['/', false],
  ['/var/scratch', false],
  ['/mnt/large pages', true],
  ['/mnt/large pages/run', true],
  ['/mnt/large pages/small/run', false],
  ['/mnt/large pages of another', false],
  ['/dev/shm/reinraum', true],
  ['/advised', false],
])('what is mounted over the place of a folder says how large its pages are: %s', (path, expected) => {
  expect(hasLargePages(mounts, path)).toBe(expected)
})
