// What is written where a host is sought: an address, a network, or the beginning of an address. The API takes the first two.

/** What was written, as the API takes it, or what is wrong with it. Neither where nothing was written. */
export interface Sought {
  network?: string;
  wrong?: string;
}

const NO_ADDRESS = "That is no address. Write 10.0.0.5, 10.0.0.0/8, 192.168 or 2001:db8::/32.";

/** The network that some words mean. */
export function sought(words: string): Sought {
  const text = words.trim();
  if (text === "") return {};
  const [address = "", length, more] = text.split("/");
  if (more !== undefined) return { wrong: NO_ADDRESS };
  const network = address.includes(":") ? ofSix(address, length) : ofFour(address, length);
  return network ?? { wrong: NO_ADDRESS };
}

/** Of IPv4: `10`, `10.`, `192.168`, `192.168.` and the like are networks of whole octets. */
function ofFour(address: string, length: string | undefined): Sought | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){0,3}\.?$/.test(address) || /(\.\d{1,3}){3}\.$/.test(address)) return undefined;
  const octets = address.replace(/\.$/, "").split(".");
  if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith("0")))) return undefined;
  if (length !== undefined) {
    if (octets.length < 4 && address.endsWith(".")) return undefined;
    return ofLength([...octets, "0", "0", "0"].slice(0, 4).join("."), length, 32);
  }
  if (octets.length === 4) return { network: octets.join(".") };
  return { network: `${[...octets, "0", "0", "0"].slice(0, 4).join(".")}/${octets.length * 8}` };
}

/** Of IPv6: `2001:db8:` and `fe80::` are networks of whole groups. */
function ofSix(address: string, length: string | undefined): Sought | undefined {
  const groups = /^([0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,6}):{1,2}$/i.exec(address)?.[1];
  if (length === undefined && groups !== undefined) return { network: `${groups}::/${groups.split(":").length * 16}` };
  if (!isSix(address)) return undefined;
  return length === undefined ? { network: address } : ofLength(address, length, 128);
}

function isSix(address: string): boolean {
  try {
    // What a URL may name as a host is what an address of IPv6 may look like.
    return new URL(`http://[${address}]/`).hostname !== "";
  } catch {
    return false;
  }
}

function ofLength(address: string, length: string, most: number): Sought {
  if (!/^\d{1,3}$/.test(length) || Number(length) > most) return { wrong: `After the slash stands a number from 0 to ${most}.` };
  return { network: `${address}/${length}` };
}

/** What is wrong with a port; nothing where it is one, or where there is none. */
export function wrongPort(words: string): string | undefined {
  const text = words.trim();
  return text === "" || (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) ? undefined : "A port is a number from 0 to 65535.";
}
