// The files of a ZIP that holds them stored or deflated: as much of the format as the sample needs.
import { inflateRawSync } from 'node:zlib';

/** Name → bytes, in the archive's order, without folders. */
export function unzip(archive) {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  let end = archive.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  const files = new Map();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    const [size, name, extra, comment] = [20, 28, 30, 32].map((o) =>
      o === 20 ? view.getUint32(at + o, true) : view.getUint16(at + o, true),
    );
    const path = archive.subarray(at + 46, at + 46 + name).toString();
    const local = view.getUint32(at + 42, true);
    const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const data = archive.subarray(from, from + size);
    if (!path.endsWith('/')) files.set(path, view.getUint16(at + 10, true) === 8 ? inflateRawSync(data) : data);
    at += 46 + name + extra + comment;
  }
  return files;
}
