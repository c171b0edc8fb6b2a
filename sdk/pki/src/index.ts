export * from './authority.ts'
export type { CertificateValidity } from './certificate.ts'
export { signWorkloadAuthority, signWorkloadCertificate } from './workload-authority.ts'
