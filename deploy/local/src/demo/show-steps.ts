import { Listr } from 'listr2'
import type { Step, StepRecord } from './steps.ts'

/** Runs steps in order with their progress on the terminal: a live list on a TTY, plain lines elsewhere. */
export async function showSteps<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  out: NodeJS.WriteStream,
): Promise<readonly StepRecord[]> {
  return out.isTTY ? live(steps, context) : plain(steps, context, out)
}

async function live<Context>(steps: readonly Step<Context>[], context: Context): Promise<readonly StepRecord[]> {
  const records: StepRecord[] = []
  const tasks = steps.map((step) => ({
    title: step.title,
    task: async (_: unknown, task: { title: string; output: string }) => {
      const record = await timed(step, context, (progress) => {
        task.output = progress
      })
      records.push(record)
      task.title = `${step.title} (${seconds(record)})`
    },
  }))
  await new Listr(tasks, { registerSignalListeners: false, rendererOptions: { collapseSubtasks: false } }).run()
  return records
}

async function plain<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  out: NodeJS.WriteStream,
): Promise<readonly StepRecord[]> {
  const records: StepRecord[] = []
  for (const step of steps) {
    out.write(`… ${step.title}\n`)
    const record = await timed(step, context, () => {})
    out.write(`✓ ${step.title} (${seconds(record)})\n`)
    records.push(record)
  }
  return records
}

async function timed<Context>(step: Step<Context>, context: Context, report: (progress: string) => void): Promise<StepRecord> {
  const started = performance.now()
  const outcomes = await step.run(context, report)
  return { number: step.number, title: step.title, outcomes, milliseconds: performance.now() - started }
}

function seconds({ milliseconds }: StepRecord): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
