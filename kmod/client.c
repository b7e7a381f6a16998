// SPDX-License-Identifier: GPL-2.0
/* Clients: open files of /dev/uks, and who opened them. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "uks.h"

/* So many supplementary groups fit into a payload beside everything else. */
#define UKS_GROUPS_MAX	8192

atomic64_t uks_clients = ATOMIC64_INIT(0);

static void *uks_identity_put(void *at, u16 type, const void *value, u32 len)
{
	struct nlattr *nla = at;

	nla->nla_type = type;
	nla->nla_len = nla_attr_size(len);
	memcpy(nla_data(nla), value, len);
	memset(nla_data(nla) + len, 0, nla_padlen(len));
	return at + nla_total_size(len);
}

static void *uks_identity_put_groups(void *at, const struct group_info *groups)
{
	struct nlattr *nla = at;
	u32 *gid = nla_data(nla);
	int i;

	nla->nla_type = UKS_A_GROUPS;
	nla->nla_len = nla_attr_size(groups->ngroups * sizeof(u32));
	for (i = 0; i < groups->ngroups; i++)
		gid[i] = from_kgid(&init_user_ns, groups->gid[i]);
	return at + nla_total_size(groups->ngroups * sizeof(u32));
}

/*
 * Groups and security context are written down once, as attributes, so that a
 * request costs no call into the LSM.
 */
static int uks_client_identity(struct uks_client *client)
{
	const struct group_info *groups = client->cred->group_info;
	struct uks_secctx secctx;
	const char *text = NULL;
	u32 text_len = 0;
	bool labelled;
	void *at;

	if (groups->ngroups > UKS_GROUPS_MAX)
		return -EOVERFLOW;
	/* Without an LSM that has labels there is no context: not an error. */
	labelled = !uks_secctx_get(client->cred, &secctx, &text, &text_len);
	client->identity_len = nla_total_size(groups->ngroups * sizeof(u32)) +
			       (labelled ? nla_total_size(text_len) : 0);
	client->identity = kvzalloc(client->identity_len, GFP_KERNEL_ACCOUNT);
	if (client->identity) {
		at = uks_identity_put_groups(client->identity, groups);
		if (labelled)
			uks_identity_put(at, UKS_A_SECCTX, text, text_len);
	}
	if (labelled)
		uks_secctx_release(&secctx);
	return client->identity ? 0 : -ENOMEM;
}

/* A user id that its own namespace cannot name is nobody's: it owns no keys. */
static bool uks_client_mapped(const struct cred *cred)
{
	return from_kuid(cred->user_ns, cred->euid) != (uid_t)-1 &&
	       from_kgid(cred->user_ns, cred->egid) != (gid_t)-1;
}

static int uks_client_open(struct inode *inode, struct file *file)
{
	struct uks_client *client;
	int ret;

	if (!uks_client_mapped(current_cred()))
		return -EOVERFLOW;
	client = kzalloc(sizeof(*client), GFP_KERNEL_ACCOUNT);
	if (!client)
		return -ENOMEM;
	refcount_set(&client->ref, 1);
	atomic64_inc(&uks_clients);
	client->cred = get_current_cred();
	client->tgid = get_pid(task_tgid(current));
	client->user = uks_user_get(client->cred->euid);
	ret = client->user ? uks_client_identity(client) : -ENOMEM;
	if (ret) {
		uks_client_put(client);
		return ret;
	}
	file->private_data = client;
	return nonseekable_open(inode, file);
}

/**
 * uks_client_put() - drop a reference to a client
 * @client: the client
 */
void uks_client_put(struct uks_client *client)
{
	if (!refcount_dec_and_test(&client->ref))
		return;
	kvfree(client->identity);
	if (client->user)
		uks_user_put(client->user);
	put_pid(client->tgid);
	put_cred(client->cred);
	kfree(client);
	atomic64_dec(&uks_clients);
}

static int uks_client_release(struct inode *inode, struct file *file)
{
	uks_client_put(file->private_data);
	return 0;
}

/**
 * uks_client_check() - is the caller who opened the file?
 * @client: the client
 *
 * A descriptor that was inherited, passed on, or kept over a change of user
 * gives no right: the keys are the opener's, the caller is somebody else.
 *
 * Return: 0 or -EACCES.
 */
int uks_client_check(const struct uks_client *client)
{
	const struct cred *cred = current_cred();

	if (task_tgid(current) != client->tgid || !uid_eq(cred->euid, client->cred->euid) ||
	    !gid_eq(cred->egid, client->cred->egid) || cred->user_ns != client->cred->user_ns)
		return -EACCES;
	return 0;
}

static int uks_client_query(struct uks_cmd *cmd)
{
	struct uks_query *query = &cmd->query;

	query->features = uks_features();
	query->payload_max = UKS_PAYLOAD_MAX;
	query->aead_max = uks_aead_max();
	query->message_max = UKS_MESSAGE_MAX;
	query->daemon = READ_ONCE(uks_queue.registered);
	query->requests_max = uks_quota_per_user(UKS_QUOTA_REQUESTS);
	query->sessions_max = uks_quota_per_user(UKS_QUOTA_SESSIONS);
	query->bytes_max = uks_quota_per_user(UKS_QUOTA_BYTES);
	query->algorithms = uks_algorithms();
	query->digests = uks_digests_mask();
	return 0;
}

static const struct uks_ioctl uks_client_ioctls[] = {
	UKS_IOCTL(UKS_IOC_QUERY, uks_client_query, uks_query, bytes_max, 0),
	UKS_IOCTL(UKS_IOC_STATUS, uks_call_status, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_SESSION_OPEN, uks_session_open, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_GENERATE, uks_call_key_generate, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_IMPORT, uks_call_key_import, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_EXPORT_PUBLIC, uks_call_key_export_public, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_LIST, uks_call_key_list, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_SHOW, uks_call_key_show, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_RENAME, uks_call_key_rename, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_DELETE, uks_call_key_delete, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_AGREE, uks_call_key_agree, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_DERIVE, uks_call_key_derive, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_WRAP, uks_call_key_wrap, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_UNWRAP, uks_call_key_unwrap, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_ROTATE, uks_call_key_rotate, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_SET_STATE, uks_call_key_set_state, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_SET_POLICY, uks_call_key_set_policy, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_RESTORE, uks_call_key_restore, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_VERSIONS, uks_call_key_versions, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_KEY_ATTEST, uks_call_key_attest, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_PIN, uks_call_pin, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_BOOT_POLICY, uks_call_boot_policy, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_MASTER, uks_call_master, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_BACKUP, uks_call_backup, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_AUDIT, uks_call_audit, uks_call, outcome, 0),
	UKS_IOCTL(UKS_IOC_PROVISION, uks_call_provision, uks_call, outcome, 0),
};

static long uks_client_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	int ret = uks_client_check(file->private_data);

	if (ret)
		return ret;
	return uks_ioctl(uks_client_ioctls, ARRAY_SIZE(uks_client_ioctls), file->private_data,
			 cmd, arg);
}

const struct file_operations uks_client_fops = {
	.owner = THIS_MODULE,
	.open = uks_client_open,
	.release = uks_client_release,
	.unlocked_ioctl = uks_client_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
