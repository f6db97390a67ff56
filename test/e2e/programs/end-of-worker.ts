/** Runs `end-of-process.ts` in a worker thread. `terminate` and `main-exit` as first argument are ways to end that only the main thread has. */
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const [way, ...options] = process.argv.slice(2);
if (isMainThread) {
  // tsx does not reach into workers by itself
  const loader = `import("tsx/esm/api").then((tsx) => (tsx.register(), import(${JSON.stringify(import.meta.url)})))`;
  const worker = new Worker(loader, { eval: true, argv: [way, ...options] });
  worker.on("error", () => {});
  worker.on("message", () => (way === "main-exit" ? process.exit(7) : worker.terminate()));
  worker.on("exit", (code) => {
    process.exitCode = code;
  });
} else {
  if (way === "terminate" || way === "main-exit") process.argv[2] = "wait";
  await import("./end-of-process.ts");
  if (process.argv[2] === "wait") parentPort!.postMessage("ready");
}
