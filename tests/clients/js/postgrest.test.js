// postgrest-js as published: the URL is the server's, the schema is a header.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PostgrestClient } from '@supabase/postgrest-js'
import { ACME, GLOBEX, ada, bea, url } from './server.js'

const client = (token, schema) =>
  new PostgrestClient(url, { headers: { Authorization: `Bearer ${token}` }, ...(schema && { schema }) })
const acme = client(ada)

test('reads from the first schema if it names none', async () => {
  const { data, error } = await acme.from('todos').select('done').limit(1)
  assert.equal(error, null)
  assert.equal(typeof data[0].done, 'boolean')
})

test('reads from the schema it names', async () => {
  const { data } = await acme.schema('v2').from('todos').select('status').eq('status', 'in_progress').limit(1)
  assert.deepEqual(data, [{ status: 'in_progress' }])
  const whole = await client(ada, 'v2').from('todos').select('status', { count: 'exact', head: true })
  assert.equal(whole.count, 240)
})

test('writes and calls in the schema it names', async () => {
  const labels = client(ada, 'v2').from('labels')
  const { data, error } = await labels.insert({ name: 'second version' }).select('name').single()
  assert.deepEqual([data, error], [{ name: 'second version' }, null])
  const report = await client(ada, 'v2').rpc('project_report').limit(1)
  assert.ok('in_progress' in report.data[0])
})

test('a schema that is not exposed is refused', async () => {
  const { error, status } = await client(ada, 'app').from('todos').select()
  assert.deepEqual([status, error.code], [406, 'PGRST106'])
})

test('embeds, spreads and orders by what is embedded', async () => {
  const { data, error } = await acme
    .from('todos')
    .select('title, ...projects(project:name), labels(name), subtasks:todos(title)')
    .order('projects(project)', { ascending: false })
    .limit(3)
  assert.equal(error, null)
  assert.equal(data.length, 3)
  assert.deepEqual(Object.keys(data[0]), ['title', 'project', 'labels', 'subtasks'])
})

test('embeds in what it inserts', async () => {
  const { data: project } = await acme.from('projects').select('id, name').order('name').limit(1).single()
  const { data, error } = await acme
    .from('todos')
    .insert({ project_id: project.id, title: 'From JavaScript' })
    .select('title, projects(name)')
    .single()
  assert.equal(error, null)
  assert.deepEqual(data, { title: 'From JavaScript', projects: { name: project.name } })
})

test('counts what a range leaves out', async () => {
  const { data, count, status } = await acme.from('comments').select('id', { count: 'exact' }).range(0, 9)
  assert.deepEqual([data.length, count, status], [10, 200, 206])
})

test('a range behind the end is an error of its own', async () => {
  const { error, status } = await acme.from('labels').select('id', { count: 'exact' }).range(1000, 1009)
  assert.deepEqual([status, error.code], [416, 'PGRST103'])
})

test('throwOnError throws what the server said', async () => {
  await assert.rejects(async () => acme.from('nothing').select().throwOnError(), { code: 'PGRST205' })
})

test('an unknown function is an error with the names that were looked for', async () => {
  const { error, status } = await acme.rpc('serch', { query: 'anvil' })
  assert.deepEqual([status, error.code], [404, 'PGRST202'])
  assert.match(error.hint, /search/)
})

test('strips nulls', async () => {
  const { data } = await acme.from('projects').select('name, completed_at').is('completed_at', null).limit(1).stripNulls()
  assert.deepEqual(Object.keys(data[0]), ['name'])
})

test('without a token it may only call what is for everybody', async () => {
  const anonymous = new PostgrestClient(url)
  assert.equal((await anonymous.rpc('about')).status, 200)
  const { error, status } = await anonymous.from('todos').select()
  assert.deepEqual([status, error.code], [401, '42501'])
})

test('does not see the other tenant', async () => {
  const ids = async (token) => {
    const { data } = await client(token).from('projects').select('id, organization_id')
    assert.equal(data.length, 6)
    return new Set(data.map((project) => project.organization_id))
  }
  assert.deepEqual(await ids(ada), new Set([ACME]))
  assert.deepEqual(await ids(bea), new Set([GLOBEX]))
})
