import type { DescMethod } from '@bufbuild/protobuf'

/** `/package.Service/Method`: the path on the wire, and what a request token names. */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`
}
