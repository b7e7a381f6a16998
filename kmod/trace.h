/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: ids, operations and results; never a byte of key or message. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM uks

#if !defined(_UKS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _UKS_TRACE_H

#include <linux/tracepoint.h>

#include "uks.h"

DECLARE_EVENT_CLASS(uks_request_class,
	TP_PROTO(const struct uks_request *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, op)
		__field(u32, uid)
		__field(u32, tgid)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->id = req->header.id;
		__entry->op = req->header.op;
		__entry->uid = req->header.uid;
		__entry->tgid = req->header.tgid;
		__entry->len = req->header.payload_len;
	),
	TP_printk("id=%llu op=%u uid=%u tgid=%u len=%u", __entry->id, __entry->op,
		  __entry->uid, __entry->tgid, __entry->len)
);

DEFINE_EVENT(uks_request_class, uks_request_submit,
	TP_PROTO(const struct uks_request *req),
	TP_ARGS(req)
);

DEFINE_EVENT(uks_request_class, uks_request_take,
	TP_PROTO(const struct uks_request *req),
	TP_ARGS(req)
);

TRACE_EVENT(uks_request_end,
	TP_PROTO(const struct uks_request *req, int ended),
	TP_ARGS(req, ended),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, op)
		__field(int, ended)
		__field(u32, error)
		__field(u32, code)
	),
	TP_fast_assign(
		__entry->id = req->header.id;
		__entry->op = req->header.op;
		__entry->ended = ended;
		__entry->error = ended ? 0 : req->error;
		__entry->code = ended ? 0 : req->code;
	),
	TP_printk("id=%llu op=%u ended=%d error=%u code=%u", __entry->id, __entry->op,
		  __entry->ended, __entry->error, __entry->code)
);

TRACE_EVENT(uks_session,
	TP_PROTO(const struct uks_session *session, const char *what),
	TP_ARGS(session, what),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, purpose)
		__field(u32, algorithm)
		__field(const char *, what)
	),
	TP_fast_assign(
		__entry->id = session->id;
		__entry->purpose = session->purpose;
		__entry->algorithm = session->algorithm;
		__entry->what = what;
	),
	TP_printk("id=%llu %s purpose=%#x algorithm=%u", __entry->id, __entry->what,
		  __entry->purpose, __entry->algorithm)
);

TRACE_EVENT(uks_daemon,
	TP_PROTO(bool up, int tgid),
	TP_ARGS(up, tgid),
	TP_STRUCT__entry(
		__field(bool, up)
		__field(int, tgid)
	),
	TP_fast_assign(
		__entry->up = up;
		__entry->tgid = tgid;
	),
	TP_printk("%s tgid=%d", __entry->up ? "up" : "down", __entry->tgid)
);

#endif /* _UKS_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
