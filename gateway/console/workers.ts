// Where Monaco finds its workers: bundled beside the page by build.js. Must run before anything of Monaco does.

const files: Readonly<Record<string, string>> = { json: 'json.worker.js', graphql: 'graphql.worker.js' }

Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_id: string, label: string) => new Worker(`/assets/${files[label] ?? 'editor.worker.js'}`),
  },
})

export const workersAreSet = true
