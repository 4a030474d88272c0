import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';

/** Where Linux distributions keep their bundle of trusted authorities. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

let nodeBundle: string | undefined;

/**
 * The PEM bundle that libcurl verifies servers with: `SSL_CERT_FILE`, else the system's, else Node's own authorities written to a file
 * once per process (a statically linked OpenSSL looks under its build prefix and finds none).
 */
export function trustedAuthorities(): string {
  const chosen = process.env['SSL_CERT_FILE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  // On Windows these would be folders below the current drive, which anybody may make.
  const system = process.platform === 'win32' ? undefined : systemBundles.find((file) => existsSync(file));
  if (system !== undefined) return system;
  if (nodeBundle === undefined) {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'vayu-ca-'));
    nodeBundle = path.join(directory, 'authorities.pem');
    writeFileSync(nodeBundle, tls.rootCertificates.join('\n'), { mode: 0o600 });
  }
  return nodeBundle;
}
