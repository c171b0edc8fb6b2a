/** SHA-256 of the DER of the Intel SGX Root CA, as published under certificates.trustedservices.intel.com. */
export const intelRoot = '44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3'
