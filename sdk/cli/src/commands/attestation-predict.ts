import {
  type AddPagesOrder,
  addPagesOrders,
  predictSnpMeasurement,
  predictTdxMrtd,
  type SnpLaunch,
  type SnpVmm,
  snpVmms,
  vcpuTypes,
} from '@reinraum/attestation'
import { ReinraumError, sha256, toHex } from '@reinraum/crypto'
import { type Command, Option } from 'commander'
import { bind, type Exit, type Outcome } from '../command.ts'
import { readBytes, readSmallFile } from '../files.ts'
import type { Io } from '../output.ts'

/** as much as a prediction takes */
const maxFirmwareBytes = 64 * 1024 * 1024

interface PredictOptions {
  readonly tee: 'snp' | 'tdx'
  readonly firmware: string
  readonly ovmfHash?: string
  readonly kernel?: string
  readonly initrd?: string
  readonly cmdline?: string
  readonly vcpus?: string
  readonly vcpuType?: string
  readonly guestFeatures?: string
  readonly vmm?: SnpVmm
  readonly addPages?: AddPagesOrder
}

/** `attestation predict`: the measurement that an image will have, so that an owner can rebuild it and compare. */
export function predictCommand(attestation: Command, io: Io, exit: Exit): void {
  bind<PredictOptions>(
    attestation
      .command('predict')
      .description('the measurement that evidence of an image will hold, computed from its files')
      .addOption(new Option('--tee <kind>', 'the kind of hardware').choices(['snp', 'tdx']).makeOptionMandatory())
      .requiredOption('--firmware <file>', 'OVMF or TDVF image, as the hypervisor loads it')
      .option('--kernel <file>', 'SEV-SNP: what the hypervisor boots directly; TDX has it in RTMR1 and RTMR2')
      .option('--initrd <file>', 'SEV-SNP: initial RAM disk of the kernel')
      .option('--cmdline <text>', 'SEV-SNP: command line of the kernel')
      .option('--vcpus <number>', 'SEV-SNP: number of vCPUs')
      .option('--vcpu-type <type>', `SEV-SNP with QEMU: ${vcpuTypes.join(', ')}, or family,model,stepping`)
      .option('--guest-features <number>', 'SEV-SNP: SEV_FEATURES that the hypervisor sets, 0x1 if not given')
      .addOption(new Option('--vmm <vmm>', 'SEV-SNP: hypervisor, qemu if not given').choices(snpVmms))
      .option('--ovmf-hash <hex>', "SEV-SNP: launch digest after the firmware's own pages, instead of their content")
      .addOption(
        new Option(
          '--add-pages <order>',
          'TDX: whether the host measures pages one by one (if not given) or after adding them',
        ).choices(addPagesOrders),
      ),
    io,
    exit,
    (_invocation, options) => (options.tee === 'snp' ? predictSnp(options) : predictTdx(options)),
  )
}

async function predictSnp(options: PredictOptions): Promise<Outcome> {
  refuseWithoutEffect(options, 'SEV-SNP', ['addPages'])
  if (options.vcpus === undefined) throw new ReinraumError('invalid-argument', 'say how many vCPUs the guest has with --vcpus')
  const { vmm = 'qemu', cmdline, ovmfHash } = options
  // Only QEMU leaves its CPU model in the initial registers.
  if (vmm !== 'qemu') refuseWithoutEffect(options, `SEV-SNP under ${vmm}`, ['vcpuType'])
  const files = await readFiles(options)
  const launch = {
    vcpus: parseNumber('--vcpus', options.vcpus),
    vcpuType: options.vcpuType === undefined ? undefined : parseVcpuType(options.vcpuType),
    guestFeatures: BigInt(parseInteger('--guest-features', options.guestFeatures ?? '1')),
    vmm,
    commandLine: cmdline,
    ovmfHash,
  } satisfies Partial<SnpLaunch>
  const measurement = predictSnpMeasurement({ ...files, ...launch })
  const described = { ...launch, vcpuType: options.vcpuType, guestFeatures: `0x${launch.guestFeatures.toString(16)}` }
  return {
    text: textOf(measurement, 'snp', 'measurements'),
    json: { tee: 'snp', measurement, sha256: digestsOf(files), launch: described },
  }
}

async function predictTdx(options: PredictOptions): Promise<Outcome> {
  refuseWithoutEffect(options, 'TDX', ['kernel', 'initrd', 'cmdline', 'vcpus', 'vcpuType', 'guestFeatures', 'vmm', 'ovmfHash'])
  const { addPages = 'single-pass' } = options
  const files = await readFiles(options)
  const mrtd = predictTdxMrtd({ firmware: files.firmware, addPages })
  return { text: textOf(mrtd, 'tdx', 'mrtd'), json: { tee: 'tdx', mrtd, sha256: digestsOf(files), launch: { addPages } } }
}

/** Quoted, because YAML reads some of these digits as a number. */
function textOf(measurement: string, tee: 'snp' | 'tdx', field: string): string {
  const more =
    tee === 'tdx'
      ? '\nbeside rtmr1 and rtmr2: MRTD is of the firmware only, and `attestation show --event-log` says what it started'
      : ''
  return `measurement ${measurement}\nin reference values: ${tee}: { ${field}: ["${measurement}"] }${more}`
}

/** An option that would have no effect is refused: whoever gave it believes that it is measured. */
function refuseWithoutEffect(options: PredictOptions, where: string, names: readonly (keyof PredictOptions)[]): void {
  const given = names.find((name) => options[name] !== undefined)
  if (given === undefined) return
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new ReinraumError('invalid-argument', `--${flag} has no effect on the measurement of ${where}`)
}

type LaunchFiles = Readonly<Record<'firmware' | 'kernel' | 'initrd', Uint8Array | undefined>> & { readonly firmware: Uint8Array }

async function readFiles({ firmware, kernel, initrd }: PredictOptions): Promise<LaunchFiles> {
  const read = (file: string | undefined) => (file === undefined ? undefined : readBytes(file))
  return { firmware: await readSmallFile(firmware, maxFirmwareBytes), kernel: await read(kernel), initrd: await read(initrd) }
}

/** Which files the measurement belongs to. */
function digestsOf(files: LaunchFiles): Readonly<Record<string, string>> {
  const given = Object.entries(files).filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined)
  return Object.fromEntries(given.map(([name, bytes]) => [name, toHex(sha256(bytes))]))
}

function parseVcpuType(text: string): SnpLaunch['vcpuType'] {
  if (!/^\d{1,3},\d{1,3},\d{1,2}$/.test(text)) return text
  const [family = 0, model = 0, stepping = 0] = text.split(',').map(Number)
  return { family, model, stepping }
}

function parseNumber(flag: string, text: string): number {
  return Number(parseInteger(flag, text))
}

function parseInteger(flag: string, text: string): string {
  if (!/^(0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(text)) throw new ReinraumError('invalid-argument', `${flag} is no whole number`)
  return text
}
