import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface CertificateFiles {
  certFile: string;
  keyFile: string;
}

/** A throw-away authority and certificates by it, all for this machine only. */
export interface Certificates {
  /** PEM of the authority: what a client has to trust. */
  caFile: string;
  /** For localhost, 127.0.0.1 and ::1. */
  server: CertificateFiles;
  /** By the authority, for wrong.example.invalid. */
  wrongHost: CertificateFiles;
  /** By the authority, for localhost, over since 2020. */
  expired: CertificateFiles;
  /** For localhost, by an authority that nobody trusts. */
  untrusted: CertificateFiles;
  client: CertificateFiles;
}

const localNames = 'DNS:localhost,IP:127.0.0.1,IP:::1';

/** Makes them with openssl in `directory`; takes about 100 ms. */
export function makeCertificates(directory: string): Certificates {
  mkdirSync(directory, { recursive: true });
  const ca = makeAuthority(directory, 'ca');
  const stranger = makeAuthority(directory, 'stranger');
  return {
    caFile: ca.certFile,
    server: issue(directory, ca, { name: 'server', subject: 'localhost', altNames: localNames }),
    wrongHost: issue(directory, ca, {
      name: 'wrong-host',
      subject: 'wrong',
      altNames: 'DNS:wrong.example.invalid',
    }),
    expired: issue(directory, ca, {
      name: 'expired',
      subject: 'localhost',
      altNames: localNames,
      years: [2019, 2020],
    }),
    untrusted: issue(directory, stranger, { name: 'untrusted', subject: 'localhost', altNames: localNames }),
    client: issue(directory, ca, { name: 'client', subject: 'client', altNames: 'DNS:client.invalid' }),
  };
}

function openssl(directory: string, args: string[]): void {
  execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function makeAuthority(directory: string, name: string): CertificateFiles {
  const files = {
    certFile: path.join(directory, `${name}.pem`),
    keyFile: path.join(directory, `${name}.key`),
  };
  openssl(directory, [
    ...[
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      files.keyFile,
      '-out',
      files.certFile,
      '-days',
      '30',
      '-subj',
      `/CN=vayu test ${name}`,
    ],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);
  // What `openssl ca` keeps its books in; it is the only command of OpenSSL 3.0 that takes both dates.
  writeFileSync(path.join(directory, `${name}.index`), '');
  return files;
}

function issue(
  directory: string,
  authority: CertificateFiles,
  wanted: { name: string; subject: string; altNames: string; years?: [number, number] },
): CertificateFiles {
  const base = path.join(directory, wanted.name);
  const files = { certFile: `${base}.pem`, keyFile: `${base}.key` };
  const authorityName = path.basename(authority.certFile, '.pem');
  openssl(directory, [
    'req',
    '-new',
    ...newKey,
    '-keyout',
    files.keyFile,
    '-out',
    `${base}.csr`,
    '-subj',
    `/CN=${wanted.subject}`,
  ]);
  writeFileSync(
    `${base}.conf`,
    `[ca]\ndefault_ca = it\n[it]\ndatabase = ${authorityName}.index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\n` +
      `policy = any\nunique_subject = no\nx509_extensions = ext\n[any]\ncommonName = supplied\n` +
      `[ext]\nbasicConstraints = CA:FALSE\nsubjectAltName = ${wanted.altNames}\n`,
  );
  const thisYear = new Date().getUTCFullYear();
  const [from, to] = wanted.years ?? [thisYear - 1, thisYear + 1];
  openssl(directory, [
    ...[
      'ca',
      '-batch',
      '-notext',
      '-config',
      `${base}.conf`,
      '-cert',
      authority.certFile,
      '-keyfile',
      authority.keyFile,
    ],
    ...[
      '-in',
      `${base}.csr`,
      '-out',
      files.certFile,
      '-startdate',
      `${from}0101000000Z`,
      '-enddate',
      `${to}1231000000Z`,
    ],
  ]);
  return files;
}
