import { listManifests, sealDataset } from '@reinraum/client'
import { ReinraumError, zeroise } from '@reinraum/crypto'
import { explainRule, type Lineage, lineageSchema, type Manifest, type Verified } from '@reinraum/statements'
import type { Command } from 'commander'
import { bind, type Exit } from '../command.ts'
import { readSmallFile } from '../files.ts'
import { type Io, lines, table } from '../output.ts'
import { stateDirectory, withContract } from '../party.ts'
import { progressBar } from '../progress-bar.ts'
import { countedText, statedText } from '../unit-rows-text.ts'

export function datasetCommands(program: Command, io: Io, exit: Exit): void {
  const group = program.command('dataset').description('sealed datasets')

  bind<SealCommandOptions>(
    group
      .command('seal')
      .description(
        'seal a file on this machine, hand its key to the key service and upload the ciphertext; where an upload was interrupted, the same command with the same file and options continues it',
      )
      .argument('<file>', 'Parquet, CSV, TSV, JSON or NDJSON')
      .requiredOption('--contract <id or file>')
      .requiredOption('--slot <slot>')
      .option('--state <folder>', 'where ciphertext waits for its upload')
      .option(
        '--cluster-by <column>',
        'seal rows in the order of this column; queries for part of its values read less, and whoever stores the object sees which row groups a query reads',
      )
      .option(
        '--within-bounds',
        "leave out rows of a privacy unit beyond the rule's maxRowsPerUnit, so that queries need not bound them; those that are read first stay, and no query finds the others",
      )
      .option(
        '--memory <MiB>',
        'for sealing; to cluster rows that take more than a third of it, the file is read several times (default: 512)',
      )
      .option('--key-file <file>', 'seal under the 32 random bytes in this file, from an HSM; for this dataset version only')
      .option('--dataset <name>', 'which data it is, the same under every contract: a budget for noise goes by this name')
      .option('--periods <numbers>', 'which parts of it, such as 3 for what came third or 1,2,3 for all; 1 unless given')
      .option('--no-deposit', 'leave the key to "keys import"; only with --key-file'),
    io,
    exit,
    (invocation, options, file = '') =>
      withContract(invocation, options.contract, async (session, contract) => {
        const bar = progressBar(invocation)
        const interrupted = io.untilInterrupted?.()
        const dataKey = options.keyFile === undefined ? undefined : await readSmallFile(options.keyFile, 32)
        const { manifest, resumed, units } = await sealDataset(session, {
          contract,
          slot: options.slot,
          file,
          stateDirectory: options.state ?? stateDirectory(),
          deposit: options.deposit,
          ...lineageOf(options),
          ...sealingOf(options),
          ...(dataKey === undefined ? {} : { dataKey }),
          onProgress: (progress) =>
            progress.step === 'sealing'
              ? bar.part('sealed', progress.sealedBytes, progress.share)
              : bar.whole('uploaded', progress.durableBytes, progress.totalBytes),
          ...(interrupted === undefined ? {} : { signal: interrupted }),
        })
          .catch((error) => {
            throw interrupted?.aborted === true ? new ReinraumError('unavailable', 'interrupted', { cause: error }) : error
          })
          .finally(() => zeroise(...(dataKey === undefined ? [] : [dataKey])))
        const rule = contract.document.slots.find(({ id }) => id === options.slot)?.rule
        const counted = units === undefined || rule === undefined ? [] : [['counted', countedText(units, rule)] as const]
        const json = { manifest: manifest.id, resumed, ...(units === undefined ? {} : { units }), ...manifest.document }
        return { text: manifestText(manifest, resumed, counted), json }
      }),
  )

  bind<{ contract: string }>(
    group.command('list').description('the dataset versions of a contract').requiredOption('--contract <id or file>'),
    io,
    exit,
    (invocation, options) =>
      withContract(invocation, options.contract, async (session, contract) => {
        const manifests = await listManifests(session, contract)
        const rows = manifests.map(({ id, document }) => [
          document.slot,
          `v${document.version}`,
          `${document.rowCount}`,
          `${document.length}`,
          document.createdAt,
          id,
        ])
        return {
          text: table(['SLOT', 'VERSION', 'ROWS', 'BYTES', 'SEALED', 'MANIFEST'], rows),
          json: { manifests: manifests.map((m) => ({ id: m.id, ...m.document })) },
        }
      }),
  )

  bind<{ contract: string }>(
    group.command('show').description('one dataset version').argument('<manifest id>').requiredOption('--contract <id or file>'),
    io,
    exit,
    (invocation, options, id) =>
      withContract(invocation, options.contract, async (session, contract) => {
        const manifest = (await listManifests(session, contract)).find((m) => m.id === id)
        if (manifest === undefined) throw new ReinraumError('not-found', 'the contract has no such dataset version')
        return { text: manifestText(manifest, false), json: { id: manifest.id, ...manifest.document } }
      }),
  )
}

function manifestText(
  { id, document }: Verified<Manifest>,
  resumed: boolean,
  counted: readonly (readonly [string, string])[] = [],
): string {
  return lines([
    ['manifest', id],
    ['dataset', `${document.slot}, version ${document.version}, by ${document.by}`],
    ['rows', document.rowCount],
    ...counted,
    ...(document.unit === undefined ? [] : ([['states', statedText(document.unit)]] as const)),
    ...(document.lineage === undefined ? [] : ([['data', lineageText(document.lineage)]] as const)),
    ...(document.clusteredBy === undefined ? [] : ([['clustered', `by ${document.clusteredBy}`]] as const)),
    ['columns', document.schema.columns.map((column) => `${column.name} ${column.type}`).join(', ')],
    ['ciphertext', `${document.length} bytes, ${document.object}`],
    ['envelope', document.envelope],
    ...(resumed ? ([['upload', 'continued an interrupted one']] as const) : []),
  ])
}

interface SealingOptions {
  readonly clusterBy?: string
  readonly withinBounds?: boolean
  readonly memory?: string
}

type SealCommandOptions = LineageOptions &
  SealingOptions & { contract: string; slot: string; state?: string; keyFile?: string; deposit: boolean }

function sealingOf({ clusterBy, withinBounds = false, memory }: SealingOptions) {
  if (memory !== undefined && !/^[1-9][0-9]{2,6}$/.test(memory))
    throw new ReinraumError('invalid-argument', `${memory} are no MiB of memory; give 100 or more`)
  return {
    withinBounds,
    ...(clusterBy === undefined ? {} : { clusterBy }),
    ...(memory === undefined ? {} : { memory: Number(memory) }),
  }
}

interface LineageOptions {
  readonly dataset?: string
  readonly periods?: string
}

function lineageOf({ dataset, periods = '1' }: LineageOptions): { readonly lineage?: Lineage } {
  if (dataset === undefined) return {}
  const read = lineageSchema.safeParse({ dataset, periods: periods.split(',').map((text) => numberOf(text.trim())) })
  if (!read.success) throw new ReinraumError('invalid-argument', explainRule(read.error).join('\n'))
  return { lineage: read.data }
}

/** What is no number is left as it is: the schema says so. */
function numberOf(text: string): unknown {
  return /^[0-9]{1,6}$/.test(text) ? Number(text) : text
}

function lineageText({ dataset, periods }: Lineage): string {
  return `${dataset}, ${periods.length === 1 ? 'part' : 'parts'} ${periods.join(', ')}`
}
