// The server under test and its users, as the environment names them: see test_javascript.py.

import ws from 'ws'

const { PASSEPLAT_URL: url, ADA: ada, BEA: bea } = process.env

export { url, ada, bea }

export const ACME = 'a0000000-0000-4000-8000-000000000001'
export const GLOBEX = 'b0000000-0000-4000-8000-000000000001'
export const PROJECT = 'a0000000-0002-4000-8000-000000000001'

// Node 20 has no WebSocket, which supabase-js wants although nothing here is realtime.
export const options = { realtime: { transport: ws }, auth: { persistSession: false } }
