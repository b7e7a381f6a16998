// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers: user memory is copied in, worked on here, and copied out. The caller
 * can change nothing between the check of a tag and the use of the plaintext,
 * and sees no plaintext before.
 */
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "uks.h"

/* The least room, so that short messages of all lengths share a spare buffer. */
#define UKS_BUFFER_MIN	4096U

static struct scatterlist *uks_buffer_sg(u8 *data, u32 size)
{
	u32 pages = is_vmalloc_addr(data) ? DIV_ROUND_UP(size, PAGE_SIZE) : 1;
	struct scatterlist *sg;
	u32 i;

	sg = kvmalloc_array(pages, sizeof(*sg), GFP_KERNEL_ACCOUNT);
	if (!sg)
		return NULL;
	sg_init_table(sg, pages);
	if (!is_vmalloc_addr(data)) {
		sg_set_buf(sg, data, size);
		return sg;
	}
	for (i = 0; i < pages; i++) {
		u32 at = i * PAGE_SIZE;

		sg_set_page(&sg[i], vmalloc_to_page(data + at), min_t(u32, size - at, PAGE_SIZE),
			    0);
	}
	return sg;
}

static struct uks_buffer *uks_buffer_new(struct uks_user *user, u32 size, u32 work_size)
{
	struct uks_buffer *buffer;
	int ret;

	size = roundup_pow_of_two(max(size, UKS_BUFFER_MIN));
	ret = uks_charge(user, UKS_QUOTA_BYTES, size);
	if (ret)
		return ERR_PTR(ret);
	buffer = kzalloc(sizeof(*buffer), GFP_KERNEL_ACCOUNT);
	if (!buffer) {
		uks_uncharge(user, UKS_QUOTA_BYTES, size);
		return ERR_PTR(-ENOMEM);
	}
	buffer->user = user;
	buffer->charged = size;
	buffer->size = size;
	buffer->work_size = work_size;
	buffer->work = kzalloc(max(work_size, 1U), GFP_KERNEL_ACCOUNT);
	if (size <= UKS_SPARE_MAX)
		buffer->data = kmalloc(size, GFP_KERNEL_ACCOUNT);
	else
		buffer->data = vmalloc(size);
	if (buffer->data)
		buffer->sg = uks_buffer_sg(buffer->data, size);
	if (!buffer->work || !buffer->data || !buffer->sg) {
		uks_buffer_free(buffer);
		return ERR_PTR(-ENOMEM);
	}
	return buffer;
}

/* Wipe what the last message left. */
static void uks_buffer_wipe(struct uks_buffer *buffer)
{
	if (buffer->data)
		memzero_explicit(buffer->data, buffer->used);
	if (buffer->work)
		memzero_explicit(buffer->work, buffer->work_size);
	memzero_explicit(buffer->iv, sizeof(buffer->iv));
	buffer->used = 0;
}

/**
 * uks_buffer_free() - wipe and free a buffer
 * @buffer: the buffer, or NULL
 */
void uks_buffer_free(struct uks_buffer *buffer)
{
	if (!buffer)
		return;
	uks_buffer_wipe(buffer);
	kvfree(buffer->sg);
	kvfree(buffer->data);
	kfree(buffer->work);
	uks_uncharge(buffer->user, UKS_QUOTA_BYTES, buffer->charged);
	kfree(buffer);
}

/**
 * uks_buffer_get() - a buffer for one message
 * @session: whose message
 * @size: room for the message, bytes
 * @work_size: room for the cipher's request or the hash's state, the same for
 *	all messages of a session
 *
 * Return: the buffer, to be given back with uks_buffer_put(), or an ERR_PTR:
 * -EBUSY (quota), -ENOMEM.
 */
struct uks_buffer *uks_buffer_get(struct uks_session *session, u32 size, u32 work_size)
{
	struct uks_buffer *spare = xchg(&session->spare, NULL);

	if (spare && spare->size >= size && spare->work_size >= work_size)
		return spare;
	uks_buffer_free(spare);
	return uks_buffer_new(session->client->user, size, work_size);
}

/**
 * uks_buffer_put() - give back a buffer
 * @session: whose it is
 * @buffer: from uks_buffer_get()
 *
 * It is wiped, and kept for the session's next message unless it is long.
 */
void uks_buffer_put(struct uks_session *session, struct uks_buffer *buffer)
{
	if (buffer->size > UKS_SPARE_MAX) {
		uks_buffer_free(buffer);
		return;
	}
	uks_buffer_wipe(buffer);
	uks_buffer_free(xchg(&session->spare, buffer));
}

/**
 * uks_buffer_grow() - make room in a buffer that has contents
 * @session: whose it is
 * @buffer: the buffer; changed
 * @size: room wanted, bytes
 *
 * Return: 0, -EBUSY (quota), -ENOMEM; then the buffer is as it was.
 */
int uks_buffer_grow(struct uks_session *session, struct uks_buffer **buffer, u32 size)
{
	struct uks_buffer *old = *buffer;
	struct uks_buffer *larger;

	if (size <= old->size)
		return 0;
	larger = uks_buffer_new(old->user, size, old->work_size);
	if (IS_ERR(larger))
		return PTR_ERR(larger);
	memcpy(larger->data, old->data, old->used);
	memcpy(larger->work, old->work, old->work_size);
	memcpy(larger->iv, old->iv, sizeof(old->iv));
	larger->used = old->used;
	uks_buffer_put(session, old);
	*buffer = larger;
	return 0;
}
