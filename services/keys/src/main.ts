import { runService } from '@reinraum/kit'
import { keysConfigSchema } from './config.ts'
import { restoreCommand, takeRestore } from './restore-command.ts'
import { startKeys } from './service.ts'

const { file, rest } = takeRestore(process.argv.slice(2))
if (file === undefined) await runService('keys', keysConfigSchema, startKeys)
else process.exitCode = await restoreCommand(file, rest, (sentence) => process.stderr.write(sentence))
