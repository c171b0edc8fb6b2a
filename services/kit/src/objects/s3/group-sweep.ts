import { ReinraumError } from '@reinraum/crypto'
import type { Bucket } from './bucket.ts'
import { keyOf } from './layout.ts'

const pages = 1000

/** Removes everything of a group but the extents to keep: unfinished uploads first, for they could still become objects. */
export async function sweepGroup(bucket: Bucket, group: string, keep: ReadonlySet<string> = new Set()): Promise<void> {
  const prefix = keyOf.group(group)
  await emptied(async () => {
    const uploads = await bucket.listUploads(prefix)
    for (const upload of uploads) await bucket.abortUpload(upload)
    return uploads.length === 0
  })
  await emptied(async () => {
    const strays = (await bucket.list(prefix)).filter((key) => !keep.has(key.slice(prefix.length)))
    for (const key of strays) await bucket.remove(key)
    return strays.length === 0
  })
}

/** A store that lists forever what is gone is given up. */
async function emptied(sweepPage: () => Promise<boolean>): Promise<void> {
  for (let page = 0; page < pages; page++) if (await sweepPage()) return
  throw new ReinraumError('unavailable', 'the object store keeps what was removed')
}
