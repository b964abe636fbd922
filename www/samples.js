// @ts-check
// Evidence to try the page with: output of real tools, with hosts, addresses and paths replaced. The modern server's
// certificates come from a laboratory's CA, which the scanner did not know; its finding on that is the one of a
// public CA, and its finding on the names fits the host that stands in the report now.

import certificateChain from "./samples/certificate-chain.txt";
import modernServer from "./samples/modern-server.txt";
import partnerMailServer from "./samples/partner-mail-server.txt";

/** What a click loads; `expected` prepares the reader for the verdict. */
export const SAMPLES = [
  {
    title: "A partner’s mail server",
    about: "A testssl.sh report. It still offers TLS 1.0 and has a 1024-bit key.",
    name: "partner-mail-server.json",
    content: partnerMailServer,
  },
  {
    title: "A modern server",
    about: "A testssl.sh report with nothing obsolete in it, yet not everything is proven.",
    name: "modern-server.json",
    content: modernServer,
  },
  {
    title: "A certificate chain",
    about: "Two certificates as PEM, as openssl s_client prints them.",
    name: "certificate-chain.pem",
    content: certificateChain,
  },
];
