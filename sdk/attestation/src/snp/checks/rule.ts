import type { CheckRule } from '../../checks/outcome.ts'
import type { SnpSubject } from '../subject.ts'
import type { SnpCheckName } from './names.ts'

export type SnpRule = CheckRule<SnpCheckName, SnpSubject>
