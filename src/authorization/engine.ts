/** The one place that imports the engine (oidc-provider), after silencing its notice about Node versions. */

// The engine warns unless `process.release.lts` names a release line; Node 26 carries no such name until it
// becomes LTS. The line below must run before the engine is imported, hence the dynamic import.
const release = process.release as { lts?: string }
release.lts ??= 'Krypton'

const engine = await import('oidc-provider')

export const Provider = engine.Provider
export const errors = engine.errors
export const interactionPolicy = engine.interactionPolicy
