import type { MessageInitShape } from '@bufbuild/protobuf'
import type { KeyReferenceSchema } from '@reinraum/proto'

/** A key by what a person has at hand: the id of its dataset version, or its own. */
export function keyReference(name: string): MessageInitShape<typeof KeyReferenceSchema> {
  return { name: name.startsWith('sha256:') ? { case: 'manifestId', value: name } : { case: 'keyId', value: name } }
}
