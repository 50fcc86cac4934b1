/** Kernel modules are found with all they depend on, and listed as `modprobe` wants them. */

import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { CpioWriter } from "../../../tools/cpio.ts";
import { addModules, findModules } from "../../../tools/debian/modules.ts";
import { TempFolder } from "../../temp_folder.ts";
import { readNewc } from "../newc.ts";

/** Modules by their files, each with those it names as its dependencies. */
const TREE = {
  "kernel/drivers/net/virtio_net.ko": "net_failover",
  "kernel/drivers/net/net_failover.ko": "failover",
  "kernel/net/core/failover.ko": "",
  "kernel/drivers/vhost/vhost-net.ko": "vhost,tap",
  "kernel/drivers/vhost/vhost.ko": "vhost_iotlb",
  "kernel/drivers/vhost/vhost_iotlb.ko": "",
  "kernel/drivers/net/tap.ko": "vhost_iotlb,built_in",
};

/** Hands a folder with {@linkcode TREE} in it to `use`. */
async function inTree<T>(use: (folder: string) => Promise<T>): Promise<T> {
  using folder = new TempFolder();
  for (const [path, depends] of Object.entries(TREE)) {
    const file = join(folder.path, "usr/lib/modules/6.1", path);
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeTextFileSync(file, `code\0license=GPL\0depends=${depends}\0intree=Y\0`);
  }
  return await use(folder.path);
}

/** Names and dependencies of what is found, as file names. */
async function found(...names: string[]): Promise<[string, string[]][]> {
  return await inTree(async (folder) => {
    const modules = await findModules(join(folder, "usr/lib/modules/6.1"), names);
    const short = (path: string) => path.replace(/.*\//, "").replace(".ko", "");
    return modules.map(({ path, needs }) => [short(path), needs.map(short)]);
  });
}

Deno.test("findModules puts a module after what it needs", async () => {
  assertEquals(await found("virtio_net"), [
    ["failover", []],
    ["net_failover", ["failover"]],
    ["virtio_net", ["net_failover", "failover"]],
  ]);
});

Deno.test("findModules names what two dependencies share once, behind both", async () => {
  assertEquals(await found("vhost_net", "tap"), [
    ["vhost_iotlb", []],
    ["vhost", ["vhost_iotlb"]],
    ["tap", ["vhost_iotlb"]],
    ["vhost-net", ["vhost", "tap", "vhost_iotlb"]],
  ]);
});

Deno.test("findModules leaves out what is built into the kernel", async () => {
  assertEquals(await found("pl011", "failover"), [["failover", []]]);
});

Deno.test("addModules archives the modules and modules.dep", async () => {
  const entries = await inTree(async (folder) => {
    const archive = new CpioWriter(join(folder, "archive"), ["usr/lib/modules"]);
    await addModules(archive, folder, "6.1", ["net-failover"]);
    archive.close();
    return readNewc(Deno.readFileSync(join(folder, "archive")));
  });
  const contents = Object.fromEntries(entries.map(({ name, contents }) => [name, contents]));
  assertEquals(
    contents["usr/lib/modules/6.1/modules.dep"],
    "kernel/net/core/failover.ko: \n" +
      "kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko\n",
  );
  assertEquals(
    contents["usr/lib/modules/6.1/kernel/net/core/failover.ko"],
    "code\0license=GPL\0depends=\0intree=Y\0",
  );
});
