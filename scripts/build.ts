/** `npm run build`: bundles and declarations into dist/. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { bundle, entryPoints } from "./bundle.ts";
import { trimDeclarations } from "./declarations.ts";
import { inLines } from "./source-map.ts";

rmSync("dist", { recursive: true, force: true });
for (const chunk of await bundle({ sourcemap: true })) {
  const file = join("dist", chunk.fileName);
  const { code, map } = inLines(
    chunk.code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, ""),
    chunk.map ?? { mappings: "", sources: [] },
  );
  mkdirSync(dirname(file), { recursive: true });
  const ascii = code.replace(/[^\x00-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`); // else V8 takes two bytes for each
  writeFileSync(file, `${ascii}\n//# sourceMappingURL=${basename(file)}.map\n`);
  writeFileSync(`${file}.map`, map);
}
const compiler = spawnSync("tsc -p tsconfig.build.json", { stdio: "inherit", shell: true });
if (compiler.status !== 0) process.exit(1);
trimDeclarations(
  "dist/types",
  Object.values(entryPoints).map((source) => source.replace(/^src\//, "").replace(/\.ts$/, ".d.ts")),
);
