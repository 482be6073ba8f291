// node pyodide.mjs FOLDER CODE PACKAGES WHEEL…: run CODE in Pyodide. Status 3: packages are missing.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, code, packages, ...wheels] = process.argv.slice(2);
const names = packages.split(",").filter(Boolean);
const quiet = { messageCallback: () => {}, errorCallback: (problem) => console.error(problem) };

async function main() {
  const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
  const python = await loadPyodide({ indexURL: `${folder}/`, stdout: (line) => console.log(line) });
  try {
    await python.loadPackage(names, quiet);
    for (const name of names) python.runPython(`import ${name}`);
  } catch {
    return 3;
  }
  for (const wheel of wheels) {
    python.unpackArchive(new Uint8Array(readFileSync(wheel)), "zip", { extractDir: "/wheels" });
  }
  python.runPython("import sys; sys.path.insert(0, '/wheels')");
  await python.runPythonAsync(code);
  return 0;
}

main().then(
  (status) => process.exit(status),
  (problem) => {
    console.error(String(problem?.message ?? problem).slice(-3000));
    process.exit(1);
  },
);
