/**
 * Node's own modules at the moment they are needed; Bun and Deno have them too. An `import` loads them together with otlite and calls all their
 * getters: `node:fs` brings the streams along (3 ms), `node:crypto` takes 6 ms, `node:zlib` 4 ms, and few programs need all of them.
 */
export const builtin: typeof process.getBuiltinModule = (name: string) => process.getBuiltinModule(name);
