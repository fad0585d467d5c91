// Takes the run out of the page that carries it: base64 of deflated JSON.

import type { Page } from "./format";

/** What is wrong with the page itself, in words for whoever opened it. */
export class Unreadable extends Error {}

export async function load(): Promise<Page> {
  const text = document.getElementById("run")?.textContent?.trim() ?? "";
  if (text === "" || text.startsWith("@@")) throw new Unreadable("This page is an empty template: it holds no run.");
  const page = await inflate(text);
  if (page.schema !== "splitbrain.page/1") {
    throw new Unreadable("This run was written for another version of the page.");
  }
  return page;
}

async function inflate(base64: string): Promise<Page> {
  try {
    const packed = new Blob([bytes(base64)]).stream();
    return await new Response(packed.pipeThrough(new DecompressionStream("deflate-raw"))).json();
  } catch {
    throw new Unreadable("The run in this page is damaged: it cannot be unpacked.");
  }
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  // Newer browsers do it themselves, in a tenth of the time.
  const native = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  if (native.fromBase64 !== undefined) return native.fromBase64(base64);
  const binary = atob(base64);
  const found = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) found[i] = binary.charCodeAt(i);
  return found;
}
