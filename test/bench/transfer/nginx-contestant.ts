import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLaneCertificate } from '../../../app/core/lanes/tls/certificate.ts';
import type { Contestant } from './contestant.ts';

/** What is missing for it, in words. */
export function whyNoNginx(): string | undefined {
  for (const program of ['nginx', 'curl']) {
    if (spawnSync(program, ['-V']).error) return `${program} is not installed (on Debian: nginx-light, curl)`;
  }
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A listening TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function config(folder: string, { source, port }: { source: string; port: number }): string {
  return `
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 64; }
http {
  access_log off; sendfile on;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port} ssl; root ${source};
    ssl_protocols TLSv1.3; ssl_certificate ${folder}/certificate.pem; ssl_certificate_key ${folder}/key.pem;
  }
}
`;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const probe = spawnSync('curl', ['-ks', '-o', '/dev/null', `https://127.0.0.1:${port}/`]);
    if (probe.status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nginx does not answer');
}

/** One file by nginx and curl over HTTPS. It verifies nothing; so it is a bound, not a rival. */
export async function nginxContestant(source: string, file: string): Promise<Contestant> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'lanspread-nginx-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const { certificatePem, privateKeyPem } = await createLaneCertificate(Date.now());
  await writeFile(join(folder, 'certificate.pem'), certificatePem);
  await writeFile(join(folder, 'key.pem'), privateKeyPem);
  await writeFile(join(folder, 'nginx.conf'), config(folder, { source, port }));
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  stack.defer(async () => {
    const exited = once(nginx, 'exit');
    if (nginx.exitCode === null && nginx.kill()) await exited;
  });
  await untilListening(port);
  const owned = stack.move();
  return {
    name: 'nginx+curl HTTPS',
    async run(target) {
      const started = performance.now();
      const curl = spawn('curl', ['-ksS', '-o', join(target, file), `https://127.0.0.1:${port}/${file}`]);
      const [code] = await once(curl, 'exit');
      if (code !== 0) throw new Error(`curl ended with ${code}`);
      return performance.now() - started;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
