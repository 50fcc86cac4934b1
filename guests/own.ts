/** Orchid's own guests by name: part of the program, a compiled one too, and loaded only when asked for. */

/** Each with what loads it. */
const own: Readonly<Record<string, () => Promise<{ readonly default: Uint8Array }>>> = {
  "console-bench": () => import("./console-bench.bin", { with: { type: "bytes" } }),
  "crash-brk": () => import("./crash-brk.bin", { with: { type: "bytes" } }),
  "crash-data-abort": () => import("./crash-data-abort.bin", { with: { type: "bytes" } }),
  "crash-instruction-abort": () =>
    import("./crash-instruction-abort.bin", { with: { type: "bytes" } }),
  "crash-no-syndrome": () => import("./crash-no-syndrome.bin", { with: { type: "bytes" } }),
  "crash-unaligned": () => import("./crash-unaligned.bin", { with: { type: "bytes" } }),
  "crash-undefined": () => import("./crash-undefined.bin", { with: { type: "bytes" } }),
  "crash-vectors": () => import("./crash-vectors.bin", { with: { type: "bytes" } }),
  "dot": () => import("./dot.bin", { with: { type: "bytes" } }),
  "echo": () => import("./echo.bin", { with: { type: "bytes" } }),
  "hello": () => import("./hello.bin", { with: { type: "bytes" } }),
  "hello-psci": () => import("./hello-psci.bin", { with: { type: "bytes" } }),
  "lines": () => import("./lines.bin", { with: { type: "bytes" } }),
  "mmio-widths": () => import("./mmio-widths.bin", { with: { type: "bytes" } }),
  "reset": () => import("./reset.bin", { with: { type: "bytes" } }),
  "silence": () => import("./silence.bin", { with: { type: "bytes" } }),
  "vectors": () => import("./vectors.bin", { with: { type: "bytes" } }),
};

/** Their names. */
export const OWN_GUESTS: readonly string[] = Object.keys(own);

/** The machine code of one; undefined if there is none of that name. */
export async function ownGuest(name: string): Promise<Uint8Array | undefined> {
  return Object.hasOwn(own, name) ? (await own[name]!()).default : undefined;
}
