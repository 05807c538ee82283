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
