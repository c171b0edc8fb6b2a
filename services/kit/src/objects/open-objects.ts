import { openObjectFolder, readObjectFolder } from './object-folder.ts'
import type { ObjectReader, ObjectStore } from './object-store.ts'
import type { ObjectsConfig } from './objects-config.ts'

/**
 * Opens what a service is configured with. The SDK for S3 is loaded only where it is used.
 * @throws ReinraumError `invalid-argument` when a file that the configuration names cannot be read
 */
export async function openObjects(config: ObjectsConfig): Promise<ObjectStore> {
  switch (config.kind) {
    case 'folder':
      return openObjectFolder(config.path)
    case 's3':
      return (await import('./s3/object-s3.ts')).openObjectBucket(config)
  }
}

/** The same for whoever only reads, perhaps with credentials that allow no more. */
export async function openObjectReader(config: ObjectsConfig): Promise<ObjectReader> {
  switch (config.kind) {
    case 'folder':
      return readObjectFolder(config.path)
    case 's3':
      return (await import('./s3/object-s3.ts')).readObjectBucket(config)
  }
}
