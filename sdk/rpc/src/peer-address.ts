import { isIPv4, isIPv6 } from 'node:net'

/**
 * What a caller has to change to look like another: the address of an IPv4 peer, the /64 network of an IPv6 one (RFC 6177:
 * a site has at least that much). `peer` is what grpc-js says: address, colon, port, without brackets.
 */
export function addressGroup(peer: string): string {
  const address = peer.replace(/:[0-9]+$/, '').replace(/%.*$/, '')
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined && isIPv4(mapped)) return mapped
  if (!isIPv6(address)) return isIPv4(address) ? address : 'unknown'
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  // A trailing dotted quad counts as two groups; it lies in the host's half unless the zeros are very few.
  const after = tail === undefined || tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? 0 : 8 - groups.length - after
  const network = [...groups, ...Array<string>(zeros).fill('0'), ...(tail ?? '').split(':')].slice(0, 4)
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
