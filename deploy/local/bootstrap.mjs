// The first file that a machine runs, before anything is installed. Only syntax that any Node understands, so that one too
// old hears a sentence; the rest is in bootstrap/, plain JavaScript for Node 20 without any package.
if (Number(process.versions.node.split('.')[0]) < 20) {
  process.stderr.write(`Reinraum needs Node 20 or newer to start; this is ${process.version}.\n`)
  process.exit(1)
}
import('./bootstrap/main.mjs')
  .then((bootstrap) => bootstrap.main(process.argv.slice(2)))
  .then(
    (code) => process.exit(code),
    (error) => {
      process.stderr.write(`${error.message}\n`)
      process.exit(1)
    },
  )
