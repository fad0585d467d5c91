// Takes out of a page what it carries: base64 of deflated JSON.

/** What is wrong with the page itself, in words for whoever opened it. */
export class Unreadable extends Error {}

/** What stands in the element of this name, if it is in a form that the page knows: a `run`, or a `comparison`. */
export async function load<Data extends { schema: string }>(
  id: string,
  what: string,
  schemas: Data["schema"][],
): Promise<Data> {
  const text = document.getElementById(id)?.textContent?.trim() ?? "";
  if (text === "" || text.startsWith("@@"))
    throw new Unreadable(`This page is an empty template: it holds no ${what}.`);
  const data = await inflate<Data>(text, what);
  if (!schemas.includes(data.schema)) throw new Unreadable(`This ${what} was written for another version of the page.`);
  return data;
}

async function inflate<Data>(base64: string, what: string): Promise<Data> {
  try {
    const packed = new Blob([bytes(base64)]).stream();
    return await new Response(packed.pipeThrough(new DecompressionStream("deflate-raw"))).json();
  } catch {
    throw new Unreadable(`The ${what} in this page is damaged: it cannot be unpacked.`);
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
