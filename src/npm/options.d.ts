/** What to judge: text, bytes, or several of either with their names. */
export type Input = string | Uint8Array | readonly NamedInput[];

/** One input and what it is called, for example its file name. */
export interface NamedInput {
  /** What reports call it. */
  name: string;
  /** Certificates (PEM or DER) or scan reports. */
  content: string | Uint8Array;
}

/** How to judge. */
export interface CheckOptions {
  /** A pack's id, a policy, or a policy as JSON text. */
  policy?: string | object;
  /** The instant that certificates are judged at; `now` unless given. Strings are RFC 3339. */
  at?: Date | string;
  /** The current time, for accepted exceptions and the age of evidence. */
  now?: Date | string;
  /** When the evidence was collected, where the input does not say so. */
  collected?: Date | string;
  /** Flows that must be shown: JSON or CSV. */
  inventory?: string;
  /** What the report calls a policy that is none of the packs; `policy.json` unless given. */
  policyName?: string;
  /** What the report calls the inventory; `inventory.json` or `inventory.csv` unless given. */
  inventoryName?: string;
  /**
   * The roots that chains are verified against: `mozilla`, or a store as text or bytes (PEM, DER, PKCS #7, or what
   * certutil and keytool list); none unless given. Of several stores the first decides, and all are laid side by side.
   */
  roots?: string | Uint8Array | readonly (string | NamedInput)[];
  /** What the report calls roots that came as text; `roots.pem` unless given. */
  rootsName?: string;
  /** What a partner was told of the certificates: a hand-off sheet as text, to be compared with them. */
  sheet?: string;
  /** What the report calls the sheet; `sheet.txt` unless given. */
  sheetName?: string;
  /** Mail hosts of yours, whose `Received` lines are believed: names, `*.example.net`, addresses or blocks of them. */
  ownHosts?: readonly string[];
  /** Why further inputs could not be opened: each keeps the verdict from being compliant. */
  unopened?: readonly string[];
  /** The host that the evidence is about, where the input does not say so. */
  host?: string;
  /** What a single input is called; `input` unless given. */
  name?: string;
}
