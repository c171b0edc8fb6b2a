import type { Waiver } from '@reinraum/attestation'

/** What is given up where the reference values relax a default, for whoever has to decide whether that is acceptable. */
const given: Readonly<Record<Waiver, string>> = {
  'legacy-version': 'the report does not say which processor it is from (version 2); only the certificate does',
  milan: "its signing seed can be extracted in software, so others can sign in this processor's name",
  'masked-chip-id': 'nothing ties the report to one chip',
  debug: 'the host may read and change the memory of the guest',
  migration: 'a migration agent may move the guest to another machine',
  vmpl: 'software inside the guest that is not its most privileged may have asked for the report',
  'alias-check': 'the memory was not checked for aliases at boot, so whoever can touch its modules may read it',
  'crl-missing': 'keys that the vendor has revoked are accepted',
  'tcb-status': 'known weaknesses of the platform are not all closed, see its TCB status and advisories',
  'sept-ve': 'the host may inject pages that the guest did not accept',
  pks: 'supervisor protection keys are on, which the reference values allow by name',
  perfmon: 'performance counters are on, through which the host may learn what the guest does',
  'service-td': 'a service TD is bound to the guest and may move it',
  rtmr: 'only the firmware is compared, and it may have started any kernel',
  paravisor: "the operator's paravisor can read all of the guest's memory, and speaks for the guest",
}

/** What is given up, for people: part of a sentence. */
export function waiverText(waiver: Waiver): string {
  return given[waiver]
}
