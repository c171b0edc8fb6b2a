import { z } from 'zod'

/** So many bytes in hex of either case, as Intel's services write them; read as lower case. */
export const intelHex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`))
    .toLowerCase()

export const svn = (maximum: 0xff | 0xffff) => z.int().min(0).max(maximum)

/** ISO 8601, UTC */
export const time = z.iso.datetime().transform((text) => new Date(text))

export const advisories = z.array(z.string().min(1).max(64)).max(256).default([])

/** Intel counts its evaluations of the TCB; a u32. */
export const evaluationDataNumber = z.int().min(0).max(0xffffffff)
