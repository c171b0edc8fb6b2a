import type { RpcServerOptions } from '@reinraum/rpc'
import type { PortLimits } from '../config/service-config.ts'

export type PortBounds = Pick<RpcServerOptions, 'limits' | 'rates'>

/**
 * What one port bears: what its service says in code, and over it what the configuration says. A rate that is configured for
 * one method leaves the others as they are.
 */
export function boundsOf(bounds: PortBounds, configured: PortLimits = {}): PortBounds {
  const { maxMessageBytes, perMethod, ...rates } = configured
  return {
    limits: { ...bounds.limits, ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }) },
    rates: { ...bounds.rates, ...rates, perMethod: { ...bounds.rates?.perMethod, ...perMethod } },
  }
}
