import { serviceConfigShape } from '@reinraum/kit'

/** Governance needs nothing beyond what every service is given. */
export const configSchema = serviceConfigShape
