/** `deno task compile` embeds all that Orchid needs, and says what to do where it cannot. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { guestNames } from "../../guests/build.ts";
import { guestPath, type Outcome, outcome } from "../orchid_command.ts";
import { inTempFolder } from "../temp_folder.ts";
import { testsThatNeed } from "../test_case.ts";

const PROJECT = fromFileUrl(new URL("../../", import.meta.url));

/** Types are checked along with it, which takes minutes on an emulated CPU. */
const compileTest = testsThatNeed("a host that is not emulated", !Deno.env.has("ORCHID_BOX"));

/** Runs the task with these variables in place of DENORT_BIN. */
function compile(args: readonly string[], variables: Record<string, string>): Outcome {
  const { DENORT_BIN: _, ...env } = Deno.env.toObject();
  return outcome(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--no-check", "tools/compile.ts", ...args],
      cwd: PROJECT,
      clearEnv: true,
      env: { ...env, ...variables },
    }).outputSync(),
  );
}

/** What `deno info --json` tells, as far as it is of use here. */
interface Info {
  readonly npmCache: string;
  readonly roots: readonly string[];
  readonly modules: readonly Module[];
  /** From specifiers as they are imported to those of the modules. */
  readonly redirects: Record<string, string>;
  readonly npmPackages: Record<string, { readonly localPath: string }>;
}

interface Module {
  readonly specifier: string;
  /** Where it is on this machine. */
  readonly local?: string;
  readonly npmPackage?: string;
  readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
}

function denoInfo(...args: string[]): Info {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...args],
    cwd: PROJECT,
  });
  return JSON.parse(new TextDecoder().decode(command.outputSync().stdout));
}

/** The files of all modules that main.ts needs to run: those imported for their types alone are left out. */
function filesOfProgram(): string[] {
  const { roots, modules, redirects, npmPackages } = denoInfo("main.ts");
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set(roots);
  // A Set's iteration goes on to what is added on the way.
  for (const specifier of found) {
    for (const { code } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code !== undefined) found.add(redirects[code.specifier] ?? code.specifier);
    }
  }
  return [...found].map((specifier) => {
    const { local, npmPackage } = bySpecifier.get(specifier) ?? {};
    if (npmPackage === undefined) return local ?? specifier;
    const path = specifier.slice(specifier.indexOf(npmPackage) + npmPackage.length);
    return join(npmPackages[npmPackage]!.localPath, path);
  });
}

/** Bytes as text, a character each, to be searched. */
function latin1(bytes: Uint8Array<ArrayBuffer>): string {
  return new TextDecoder("latin1").decode(bytes);
}

/** What `deno compile` adds to the base binary, for which `deno` itself stands in: that does not make a program that runs. */
function compiledPart(folder: string): { added: string; said: string } {
  const output = join(folder, "orchid");
  const base = Deno.execPath();
  const { code, stdout, stderr } = compile(["--output", output], { DENORT_BIN: base });
  assertEquals(code, 0, stderr);
  const added = Deno.readFileSync(output).subarray(Deno.statSync(base).size);
  return { added: latin1(added), said: stdout + stderr };
}

compileTest("compile embeds every module and guest, and the permission to call libc alone", () => {
  inTempFolder((folder) => {
    const { added, said } = compiledPart(folder);
    const files = filesOfProgram();
    const missing = files.filter((file) => !added.includes(latin1(Deno.readFileSync(file))));
    assertEquals(missing, []);
    // A module that is there for sure: main.ts was not all that was searched for.
    assertStringIncludes(files.join("\n"), join("kvm", "libc.ts"));
    for (const name of guestNames(".bin")) {
      const contents = latin1(Deno.readFileSync(guestPath(name)));
      const embedded = added.includes(`"${name}.bin"`) && added.includes(contents);
      assertEquals(embedded, true, `${name}.bin is missing`);
      assertStringIncludes(said, `${name}.bin`);
    }
    const permissions = /"permissions":\{.*?\}/.exec(added)?.[0] ?? "";
    const granted = [...permissions.matchAll(/"allow_(\w+)":\[\]/g)].map(([, name]) => name);
    assertEquals(granted, ["ffi"]);
    assertStringIncludes(permissions, `"prompt":false`);
    const flags = /"v8_flags":\[.*?\]/.exec(added)?.[0] ?? "";
    assertStringIncludes(flags, `"--no-lazy"`);
  });
});

/** Checks that the last line is advice with these words, and that there is no stack trace. */
function assertAdvice({ code, stderr }: Outcome, ...words: string[]): void {
  assertEquals(code, 1, stderr);
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  for (const word of ["compile: ", ...words, "DENORT_BIN"]) assertStringIncludes(last, word);
  assertEquals(/error:|caused by|stack|^ *at /im.test(stderr), false, stderr);
}

compileTest("compile says what to do where the base binary cannot be downloaded", () => {
  inTempFolder((folder) => {
    // npm modules are at hand, a base binary of earlier is not, and nobody listens on that port.
    Deno.symlinkSync(denoInfo().npmCache, join(folder, "npm"));
    const variables = { DENO_DIR: folder, HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "" };
    const target = "aarch64-unknown-linux-gnu";
    const output = join(folder, "orchid");
    assertAdvice(compile(["--target", target, "--output", output], variables), target);
  });
});

compileTest("compile says what to do where DENORT_BIN names no file", () => {
  inTempFolder((folder) => {
    const missing = join(folder, "denort");
    const output = join(folder, "orchid");
    assertAdvice(compile(["--output", output], { DENORT_BIN: missing }), missing);
  });
});

Deno.test("compile refuses options that it does not know", () => {
  const { code, stderr } = compile(["--outptu", "orchid"], {});
  assertEquals(code, 2);
  assertMatch(stderr, /^usage: /);
});
