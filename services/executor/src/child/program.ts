import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'

/** What a query process runs. */
export interface Program {
  /** the file that it begins with */
  readonly path: string
  /** that file first and all that it imports by relative paths, as JavaScript: what a process in a private root runs */
  readonly modules: readonly ProgramModule[]
}

export interface ProgramModule {
  readonly path: string
  readonly text: string
}

const relativeImport = /( from ['"])(\.[^'"]+)(\.[jt]s)(?=['"])/g

/**
 * Reads a program once, for all processes that run it: to read types away takes longer than the rest of it, and what runs later is
 * what was there when this process started.
 */
export function loadProgram(entry: URL): Program {
  const modules = new Map<string, ProgramModule>()
  const load = (file: URL) => {
    if (modules.has(file.href)) return
    const text = javaScriptOf(file)
    // A name that says by itself that it is a module, without a package around it.
    const module = { path: moduleName(fileURLToPath(file)), text: text.replaceAll(relativeImport, '$1$2.mjs') }
    modules.set(file.href, module)
    for (const [, , path = '', extension = ''] of text.matchAll(relativeImport)) load(new URL(`${path}${extension}`, file))
  }
  load(entry)
  return { path: fileURLToPath(entry), modules: [...modules.values()] }
}

function javaScriptOf(file: URL): string {
  const text = readFileSync(file, 'utf8')
  return file.pathname.endsWith('.ts') ? stripTypeScriptTypes(text) : text
}

function moduleName(path: string): string {
  return path.replace(/\.[jt]s$/, '.mjs')
}
