import fs from 'node:fs';
const {
  instance: { exports: x },
} = await WebAssembly.instantiate(fs.readFileSync(process.argv[2]), {});
const n = x.selftest();
if (n) {
  console.error(new TextDecoder().decode(new Uint8Array(x.memory.buffer, x.text(), n)));
  process.exit(1);
}
console.log('wasm: kernels are their definitions');
