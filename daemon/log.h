/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log: the journal when the service manager listens there, else lines on
 * stderr. Never a key, never a payload.
 */
#ifndef UKSD_LOG_H
#define UKSD_LOG_H

#include <stdint.h>
#include <syslog.h>

/**
 * log_open() - find out where to log
 *
 * To be called before the program has threads.
 */
void log_open(void);

/**
 * log_level() - choose what is logged
 * @level: least important level, LOG_ERR to LOG_DEBUG
 */
void log_level(int level);

/**
 * log_request() - log something about a request
 * @level: LOG_ERR to LOG_DEBUG
 * @id: number of the request, 0 for none; it becomes part of the line and, in
 *	the journal, the field UKS_REQUEST_ID
 * @format: as for printf(3), one line
 *
 * Leaves errno as it was.
 */
void __attribute__((format(printf, 3, 4)))
log_request(int level, uint64_t id, const char *format, ...);

#define log_error(...)		log_request(LOG_ERR, 0, __VA_ARGS__)
#define log_warning(...)	log_request(LOG_WARNING, 0, __VA_ARGS__)
#define log_info(...)		log_request(LOG_INFO, 0, __VA_ARGS__)
#define log_debug(...)		log_request(LOG_DEBUG, 0, __VA_ARGS__)

#endif /* UKSD_LOG_H */
