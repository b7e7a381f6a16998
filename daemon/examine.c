// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/dispatch.h"
#include "daemon/examine.h"
#include "daemon/sandbox.h"

struct examiner {
	pthread_mutex_t lock;
	int fd;
};

struct question {
	uint32_t pid;
	uint32_t wanted;
};

static void answer_all(int fd)
{
	static struct process process;
	struct question question;

	while (recv(fd, &question, sizeof(question), 0) == sizeof(question)) {
		process_look(question.pid, question.wanted, &process);
		if (send(fd, &process, sizeof(process), MSG_NOSIGNAL) != sizeof(process))
			return;
	}
}

/* It ends with the daemon, and before that if it cannot be confined. */
static void __attribute__((noreturn)) run(int fd, const struct account *account)
{
	struct failure failure;

	prctl(PR_SET_NAME, "uksd-examiner");
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (!privilege_keep_looking(account, &failure) && !sandbox_examiner(&failure))
		answer_all(fd);
	_exit(EXIT_FAILURE);
}

int examiner_start(const struct account *account, struct examiner **result,
		   struct failure *failure)
{
	struct examiner *examiner = calloc(1, sizeof(*examiner));
	int fds[2];
	pid_t pid;

	if (!examiner)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
		free(examiner);
		return failure_set(failure, UKS_E_INTERNAL, "cannot make a socket: %s",
				   strerror(errno));
	}
	pid = fork();
	if (!pid) {
		close(fds[0]);
		run(fds[1], account);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		free(examiner);
		return failure_set(failure, UKS_E_INTERNAL, "cannot start a process: %s",
				   strerror(errno));
	}
	pthread_mutex_init(&examiner->lock, NULL);
	examiner->fd = fds[0];
	*result = examiner;
	return 0;
}

void examiner_stop(struct examiner *examiner)
{
	if (!examiner)
		return;
	/* It ends when it reads the end of the socket; the daemon's filter has no wait. */
	close(examiner->fd);
	pthread_mutex_destroy(&examiner->lock);
	free(examiner);
}

static int ask(struct examiner *examiner, const struct question *question,
	       struct process *process, struct failure *failure)
{
	ssize_t len = -1;

	pthread_mutex_lock(&examiner->lock);
	if (send(examiner->fd, question, sizeof(*question), MSG_NOSIGNAL) == sizeof(*question))
		len = recv(examiner->fd, process, sizeof(*process), 0);
	pthread_mutex_unlock(&examiner->lock);
	if (len == sizeof(*process))
		return 0;
	return failure_set(failure, UKS_E_INTERNAL,
			   "the examiner of clients has ended: restart uksd");
}

static int look(struct worker *worker, const struct request *request, unsigned int wanted,
		struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	struct question question = { .pid = request->tgid, .wanted = wanted };
	struct process *process = &worker->process;

	if (!uksd->examiner)
		return failure_set(failure, UKS_E_INTERNAL,
				   "the daemon has no examiner of clients");
	if (ask(uksd->examiner, &question, process, failure))
		return -1;
	if (uksd->valid(worker, request->id))
		return failure_set(failure, UKS_E_ACCESS,
				   "the client's process has ended");
	if (process->known == wanted)
		return 0;
	return failure_set(failure, UKS_E_ACCESS,
			   "cannot find out which program asks, as the key's policy demands: %s",
			   strerror(process->error));
}

/*
 * In a user namespace of their own users mount what they like where they like: path
 * and libraries of an executable mean nothing there.
 */
const struct process *examine(struct worker *worker, const struct request *request,
			      unsigned int wanted, struct failure *failure)
{
	if (wanted & EXAMINE_EXE && request->userns != INIT_USERNS) {
		failure_set(failure, UKS_E_ACCESS,
			    "the key's policy names a program, which cannot be told inside a user namespace");
		return NULL;
	}
	if (wanted & ~worker->process.known &&
	    look(worker, request, wanted | worker->process.known, failure)) {
		worker->process.known = 0;
		return NULL;
	}
	return &worker->process;
}
