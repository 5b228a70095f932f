// supabase-js as published: createClient(url, key) asks for /rest/v1/… and says the profile public.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '@supabase/supabase-js'
import { ACME, GLOBEX, PROJECT, ada, bea, options, url } from './server.js'

const supabase = createClient(url, ada, options)

test('reads all columns of a relation', async () => {
  const { data, error, status } = await supabase.from('projects').select()
  assert.equal(error, null)
  assert.equal(status, 200)
  assert.equal(data.length, 6)
  assert.ok(data.every((project) => project.organization_id === ACME))
})

test('reads chosen columns, filtered and in order', async () => {
  const { data } = await supabase
    .from('todos')
    .select('title, due_on')
    .eq('done', false)
    .not('due_on', 'is', null)
    .gte('due_on', '2026-06-01')
    .or('priority.eq.high,priority.eq.urgent')
    .order('due_on', { ascending: false })
    .order('title')
    .limit(5)
  assert.equal(data.length, 5)
  assert.deepEqual(Object.keys(data[0]), ['title', 'due_on'])
  assert.deepEqual(data.map((each) => each.due_on), data.map((each) => each.due_on).sort().reverse())
})

test('every filter method has an answer', async () => {
  const counted = async (filter) => {
    const request = supabase.from('todos').select('*', { count: 'exact', head: true })
    const { count, error } = await filter(request)
    assert.equal(error, null)
    return count
  }
  assert.equal(await counted((todos) => todos), 240)
  const halves = [
    await counted((todos) => todos.like('title', 'Order%')),
    await counted((todos) => todos.not('title', 'like', 'Order%')),
  ]
  assert.equal(halves[0] + halves[1], 240)
  assert.equal(await counted((todos) => todos.ilike('title', 'order%')), halves[0])
  assert.ok((await counted((todos) => todos.in('priority', ['high', 'urgent']))) > 0)
  assert.ok((await counted((todos) => todos.is('done', true))) > 0)
  assert.ok((await counted((todos) => todos.neq('priority', 'normal'))) > 0)
  assert.ok((await counted((todos) => todos.lt('due_on', '2026-06-01'))) > 0)
  assert.ok((await counted((todos) => todos.match({ done: true, priority: 'low' }))) > 0)
  assert.ok((await counted((todos) => todos.filter('title', 'match', '^Paint'))) > 0)
  assert.ok((await counted((todos) => todos.textSearch('title', 'anvil', { type: 'plain' }))) > 0)
})

test('reads a range and counts all', async () => {
  const { data, count } = await supabase.from('todos').select('id', { count: 'exact' }).order('id').range(10, 19)
  assert.equal(data.length, 10)
  assert.equal(data[0].id, 'a0000000-0004-4000-8000-000000000011')
  assert.equal(count, 240)
})

test('counts without reading', async () => {
  const { data, count } = await supabase.from('labels').select('*', { count: 'exact', head: true })
  assert.deepEqual([data, count], [null, 8])
})

test('embeds to one, to many and many to many', async () => {
  const { data, error } = await supabase
    .from('todos')
    .select('title, project:projects!inner(name), comments(body), labels(name)')
    .eq('project.id', PROJECT)
    .limit(1, { referencedTable: 'comments' })
    .not('labels', 'is', null)
  assert.equal(error, null)
  assert.ok(data.length > 0)
  assert.ok(data.every((todo) => typeof todo.project.name === 'string'))
  assert.ok(data.every((todo) => todo.comments.length <= 1 && todo.labels.length > 0))
})

test('inserts one row and returns it', async () => {
  const { data, error, status } = await supabase.from('labels').insert({ name: 'new' }).select().single()
  assert.equal(error, null)
  assert.equal(status, 201)
  assert.deepEqual([data.name, data.color, data.organization_id], ['new', '#888888', ACME])
})

test('inserts many rows and returns none', async () => {
  const { data, status, error } = await supabase.from('labels').insert([{ name: 'one', color: '#888888' }, { name: 'two', color: '#000000' }])
  assert.deepEqual([data, status, error], [null, 201, null])
  const { data: stored } = await supabase.from('labels').select('color').in('name', ['one', 'two']).order('name')
  assert.deepEqual(stored, [{ color: '#888888' }, { color: '#000000' }])
})

test('upserts by another key than the primary', async () => {
  const upsert = (color) =>
    supabase
      .from('labels')
      .upsert({ organization_id: ACME, name: 'again', color }, { onConflict: 'organization_id,name' })
      .select('id, color')
      .single()
  const first = await upsert('#111111')
  const second = await upsert('#222222')
  assert.equal(second.error, null)
  assert.deepEqual(second.data, { id: first.data.id, color: '#222222' })
})

test('upserts and leaves what is there', async () => {
  const { data, error } = await supabase
    .from('labels')
    .upsert({ organization_id: ACME, name: 'bug', color: '#000000' }, { onConflict: 'organization_id,name', ignoreDuplicates: true })
    .select()
  assert.deepEqual([data, error], [[], null])
})

test('updates and deletes what a filter finds', async () => {
  const { data: label } = await supabase.from('labels').insert({ name: 'short-lived' }).select().single()
  const updated = await supabase.from('labels').update({ color: '#00ff00' }).eq('id', label.id).select('color')
  assert.deepEqual(updated.data, [{ color: '#00ff00' }])
  const deleted = await supabase.from('labels').delete({ count: 'exact' }).eq('id', label.id)
  assert.deepEqual([deleted.status, deleted.count], [204, 1])
  const { data } = await supabase.from('labels').select().eq('id', label.id).maybeSingle()
  assert.equal(data, null)
})

test('calls functions that return a value, rows and nothing but the count', async () => {
  const about = await supabase.rpc('about')
  assert.deepEqual(about.data.versions, ['v1', 'v2'])
  const report = await supabase.rpc('project_report', { today: '2026-06-01' }).gt('open', 0).order('project').limit(2)
  assert.deepEqual([report.error, report.data.length], [null, 2])
  const found = await supabase.rpc('search', { query: 'anvil' }, { get: true }).select('title').limit(1)
  assert.match(found.data[0].title, /anvil/)
  const counted = await supabase.rpc('search', { query: 'anvil' }, { head: true, count: 'exact' })
  assert.ok(counted.count > 0)
})

test('single says so when there are several rows, maybeSingle when there is none', async () => {
  const several = await supabase.from('projects').select().single()
  assert.deepEqual([several.data, several.status, several.error.code], [null, 406, 'PGRST116'])
  const none = await supabase.from('projects').select().eq('name', 'no such project').maybeSingle()
  assert.deepEqual([none.data, none.error], [null, null])
})

test('reads comma-separated values', async () => {
  const { data } = await supabase.from('labels').select('name,color').eq('name', 'bug').csv()
  assert.equal(data, 'name,color\nbug,#d73a4a')
})

test('does not explain', async () => {
  const { data, error } = await supabase.from('labels').select().explain()
  assert.deepEqual([data, error.code], [null, 'PGRST107'])
})

test('errors have code, message, details and hint', async () => {
  const unknown = await supabase.from('todoes').select()
  assert.deepEqual([unknown.status, unknown.error.code], [404, 'PGRST205'])
  assert.match(unknown.error.hint, /v1\.todos/)
  const duplicate = await supabase.from('labels').insert({ name: 'bug' })
  assert.deepEqual([duplicate.status, duplicate.error.code], [409, '23505'])
  const column = await supabase.from('labels').select('colour')
  assert.deepEqual([column.status, column.error.code], [400, '42703'])
  const refused = await supabase.from('users').delete().eq('organization_id', ACME)
  assert.deepEqual([refused.status, refused.error.code], [500, '55000'])
})

test('a key of another kind than a token is refused', async () => {
  const { error, status } = await createClient(url, 'sb_publishable_key', options).from('todos').select()
  assert.deepEqual([status, error.code], [401, 'PGRST301'])
})

test('does not see the other tenant', async () => {
  const { data } = await supabase.from('organizations').select('id')
  assert.deepEqual(data, [{ id: ACME }])
  const { count } = await supabase.from('todos').select('*', { count: 'exact', head: true }).eq('organization_id', GLOBEX)
  assert.equal(count, 0)
  const theirs = await createClient(url, bea, options).from('todos').select('*', { count: 'exact', head: true })
  assert.equal(theirs.count, 240)
})

test('writes nothing of the other tenant', async () => {
  const { error, status } = await supabase.from('labels').insert({ name: 'mine', organization_id: GLOBEX })
  assert.deepEqual([status, error.code], [403, '42501'])
  const { data } = await supabase.from('todos').update({ title: 'mine' }).eq('organization_id', GLOBEX).select()
  assert.deepEqual(data, [])
})
