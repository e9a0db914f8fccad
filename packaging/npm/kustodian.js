#!/usr/bin/env node
// Starts the binary that npm installed for this platform, and ends as it ends.
"use strict";

const { spawn } = require("node:child_process");

// Linux without glibc (Alpine) has a binary of its own.
const isMusl = () => {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined;
};
const libc = process.platform === "linux" && isMusl() ? "-musl" : "";
const name = `@kustodian/${process.platform}-${process.arch}${libc}`;
const program = process.platform === "win32" ? "kustodian.exe" : "kustodian";
let binary;
try {
  binary = require.resolve(`${name}/bin/${program}`);
} catch {
  console.error(
    `kustodian: the package ${name} is not installed.\n` +
      "There is a binary for Linux on x64 and arm64, and for Windows on x64. On these, install again without --omit=optional; " +
      "elsewhere, build it with cargo: https://github.com/kustodian/kustodian",
  );
  process.exit(1);
}

const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => {
  console.error(`kustodian: ${binary} cannot be started: ${error.message}`);
  process.exit(1);
});
// A signal of a supervisor reaches this process alone. A terminal sends its interrupt to both, and a server that gets a second
// one stops at once: there, this process only has to wait.
const forward = (signal) => child.kill(signal);
const handlers = {
  SIGHUP: forward,
  SIGINT: process.stdin.isTTY ? () => {} : forward,
  SIGTERM: forward,
};
for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
// npx starts this through a shell, which ends at a signal without passing it on.
if (process.env.npm_command === "exec") {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    forward("SIGTERM");
  }, 250);
  watch.unref();
}
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  for (const handled of Object.keys(handlers)) process.removeAllListeners(handled);
  process.kill(process.pid, signal);
});
