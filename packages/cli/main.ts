/** The command line: one file a command, loaded only when it is called, so that `kubenova --help` is instant. */
import { Command, CommanderError } from 'commander';
import { CommandFailure } from './output/failure.ts';

const program = new Command('kubenova')
  .description('A multi-cluster, multi-tenant PaaS on Kubernetes.')
  .showHelpAfterError()
  .exitOverride();

program
  .command('dev')
  .description('run the whole product on this machine, on loopback')
  .option(
    '--world <world>',
    'which clusters to run: sim (simulated, in seconds) or real (built from Go modules)',
    'sim',
  )
  .option('--port <port>', 'where the Manager listens', '8080')
  .option('--data <dir>', 'where everything is kept', '.kubenova')
  .option(
    '--clusters <n>',
    'how many clusters, one a zone (default: those of the data folder, else 2 simulated or 1 real)',
  )
  .option('--no-register', 'leave the registration of the clusters to you')
  .option('--sample', 'with sample tenants, projects and apps')
  .option('-o, --output <format>', 'text or json', 'text')
  .action(async (options) => (await import('./commands/dev.ts')).dev(options));

program
  .command('demo')
  .description('walk through the main job against a running dev')
  .option('--data <dir>', 'the folder of that dev', '.kubenova')
  .option('--fast', 'without pauses')
  .action(async (options) => (await import('./commands/demo.ts')).demo(options));

program
  .command('kubeconfig')
  .description('kubectl for everything that you may use, through an exec plugin that asks for tokens of minutes')
  .option('--server <url>', 'the Manager (default: where you signed in last)')
  .option('--tenant <name...>', 'only these tenants')
  .option('--cluster <name...>', 'only these clusters')
  .option('--project <name>', 'only this project of the tenant')
  .option('--role <role>', 'projectDev or readOnly, at most what you are')
  .option('--mode <mode>', 'exec, or token: holds tokens that end, for where kubenova is not installed', 'exec')
  .option('--ttl <time>', 'of tokens: 300 to 86400 seconds, or 90m, 8h')
  .option('--merge', "merge into the file of -o, or into kubectl's own")
  .option('-o, --output <file>', 'write a file instead of printing it')
  .action(async (options) => (await import('./commands/kubeconfig.ts')).kubeconfig(options));

program
  .command('kubectl-credential', { hidden: true })
  .description('what kubectl calls to get in')
  .requiredOption('--server <url>', 'the Manager')
  .requiredOption('--tenant <name>')
  .requiredOption('--cluster <name>')
  .option('--project <name>')
  .option('--role <role>')
  .action(async (options) => (await import('./commands/kubectl-credential.ts')).kubectlCredential(options));

program
  .command('login')
  .description('sign in at a Manager')
  .option('--server <url>', 'the Manager (default: that of the last login)')
  .option('--device', 'sign in on another device, for machines without a browser')
  .option('--ca-file <file>', "trust this certificate authority beside the system's")
  .option('--token-file <file>', 'with an API token instead')
  .option('--port <port>', 'the loopback port that the browser comes back to; any free one when 0', '0')
  .action(async (options) => (await import('./commands/login.ts')).login(options));

program
  .command('logout')
  .description('end the session at a Manager')
  .option('--server <url>', 'the Manager (default: that of the last login)')
  .action(async (options) => (await import('./commands/logout.ts')).logout(options));

program
  .command('whoami')
  .description('show who is signed in, and with which roles')
  .option('--server <url>', 'the Manager (default: that of the last login)')
  .option('-o, --output <format>', 'text or json', 'text')
  .action(async (options) => (await import('./commands/whoami.ts')).whoami(options));

program
  .command('test')
  .description('run the tests')
  .argument('[suite]', 'unit, sim, real, conformance or all', 'all')
  .argument('[filter...]', 'only test files whose path contains one of these')
  .option('--update', 'rewrite golden files; read their diff before you commit it')
  .option('--world <world>', 'conformance: sim, real or kubeconfig (default: sim)')
  .option('--kubeconfig <file>', 'conformance: any cluster, as its administrator')
  .option('--filter <text>', 'conformance: only cases with this in their id or title')
  .action(async (suite, filters, options) => (await import('./commands/test.ts')).test(suite, filters, options));

program
  .command('check')
  .description('format, lint, types, layers and drift, in seconds')
  .option('--fix', 'write what can be mended by itself')
  .action(async (options) => (await import('./commands/check.ts')).check(options));

program
  .command('generate')
  .description('generate code and documents from the contract')
  .action(async () => (await import('./commands/generate.ts')).generate());

program
  .command('bench')
  .description('measure the product; prints figures, judges nothing')
  .argument('[name...]', 'which benchmarks; all when left out')
  .option('-o, --output <format>', 'text or json', 'text')
  .action(async (names, options) => (await import('./commands/bench.ts')).bench(names, options));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (error instanceof CommandFailure) {
    process.stderr.write(`kubenova: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    throw error;
  }
}
