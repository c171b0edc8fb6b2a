/** Bytes of one signed statement, as it travels. */
export const maximumStatementBytes = 4 * 1024 * 1024
/** Two signatures for each of at most 64 members. */
export const maximumSignatures = 128
/** What `reinraum/governance/v1/run_bundle.proto` allows. */
export const maximumDecisions = 256
export const maximumManifests = 64
export const maximumRevocations = 1024
/** Bytes of one run bundle: what one gRPC message may hold. */
export const maximumBundleBytes = 20 * 1024 * 1024
